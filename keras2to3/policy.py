"""The user's policy: which failures are allowed, and which verified results fail, by rules like `refused:Lambda`.

A rule is a condition with an optional detail. It changes the exit code of a source and nothing else: its status stays,
and a source without a verified result has no result.
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from interchange.errors import Exit
from keras2to3.reports.decision import Decision
from keras2to3.reports.facts import Fact, facts
from keras2to3.reports.report import Report
from keras2to3.scanner.policies import Policy as ScanPolicy

ALLOW, FAIL_ON = "allow", "fail-on"
_CLOSE = 0.6  # the least similarity of a suggestion, as difflib measures it


@dataclass(frozen=True)
class Condition:
    """What a rule can name.

    `detail` says what may follow the colon, and `choices` are the details if they are known. With `is_failure` it is an
    exit code that can be allowed, and with `in_check` it can be known before anything is run.
    """

    meaning: str
    is_failure: bool = False
    detail: str | None = None
    choices: tuple[str, ...] = ()
    in_check: bool = False


_SCAN_POLICIES = tuple(policy.value for policy in ScanPolicy)
_REFERENCES = ("normalised", "recovered", "given", "graph")
CONDITIONS: Mapping[str, Condition] = {
    "refused": Condition(
        "the model was refused, as unsupported or unsafe", True, "class that is refused", in_check=True
    ),
    "unsafe": Condition(
        "the model was refused as unsafe", True, "policy of the scanner", _SCAN_POLICIES, in_check=True
    ),
    "unreadable": Condition("the source cannot be read", True, in_check=True),
    "weights": Condition("the weights do not fit the architecture", True),
    "differs": Condition("the outputs differ", True),
    "died": Condition("a worker died, or was stopped at a limit", True),
    "weak": Condition("the outputs hardly vary over all probes, so equal outputs show little"),
    "unproven": Condition("the outputs were compared with nothing"),
    "edge-cases": Condition("the outputs differ on an edge case", detail="edge case, such as NaN"),
    "no-proof": Condition("an output of a probe proves nothing", detail="probe"),
    "training-not-compared": Condition("the next steps of training were not compared"),
    "reference": Condition("Keras 2.15 did not run the model itself", False, "kind of reference", _REFERENCES),
    "structural": Condition("a change is structural", detail="rule of the change", in_check=True),
    "semantic": Condition("a change is semantic", detail="rule of the change", in_check=True),
    "training-only": Condition("a change concerns training only", detail="rule of the change", in_check=True),
    "lossy": Condition("something is missing in the result", detail="rule of the change", in_check=True),
    "optimizer": Condition(
        "the optimizer is not kept with its state", False, "kind of loss", ("dropped", "rebuilt"), in_check=True
    ),
    "needs-code": Condition("the result has custom classes"),
    "serving": Condition("the result is a SavedModel that was not rebuilt"),
    "trusted": Condition("code or operators were loaded that are otherwise refused", in_check=True),
    "unchanged": Condition("Keras 3 saved the source, so nothing was written", in_check=True),
}


@dataclass(frozen=True)
class Rule:
    """A rule of `allow` or of `fail-on`."""

    kind: str
    condition: str
    detail: str | None = None

    def matches(self, fact: Fact) -> bool:
        """Whether a fact is of the condition, and named by the detail if the rule has one."""
        details = fact.conditions.get(self.condition)
        return details is not None and (self.detail is None or self.detail in details)

    @property
    def text(self) -> str:
        """The rule as it was given."""
        return f"{self.condition}:{self.detail}" if self.detail else self.condition

    def __str__(self) -> str:
        return f"{self.kind} {self.text}"


@dataclass(frozen=True)
class Policy:
    """The rules of a run. A source that a rule of `fail-on` matches is never allowed."""

    allow: tuple[Rule, ...] = ()
    fail_on: tuple[Rule, ...] = ()

    @classmethod
    def of(cls, allow: Iterable[str], fail_on: Iterable[str]) -> Policy:
        """The policy of two options. Raises ValueError for what is no rule."""
        return cls(tuple(rules(allow, ALLOW)), tuple(rules(fail_on, FAIL_ON)))

    def decide(self, report: Report) -> Decision | None:
        """How the exit code of a source comes about; None if it is that of its status."""
        found = facts(report)
        failing = _matching(self.fail_on, found)
        if report.exit_code is Exit.VERIFIED:
            return _decision(failing, Exit.POLICY) if failing else None
        allowed = [_matching(self.allow, [fact]) for fact in found]
        if not found or not all(allowed):
            return None
        if failing:
            return _decision(failing, report.exit_code)
        used = set(itertools.chain.from_iterable(allowed))
        return _decision([rule for rule in self.allow if rule in used], Exit.VERIFIED)

    def fails_on(self, fact: Fact) -> bool:
        """Whether a rule of `fail-on` matches."""
        return any(rule.matches(fact) for rule in self.fail_on)

    def matching(self, report: Report) -> frozenset[Rule]:
        """The rules that match a source, whether or not they decide."""
        return frozenset(_matching((*self.allow, *self.fail_on), facts(report)))

    def unmatched(self, matched: Iterable[Rule], *, in_check: bool = False) -> list[Rule]:
        """The rules that no source has matched, of those that `check` can know if it is one."""
        seen = set(matched)
        candidates = [rule for rule in (*self.allow, *self.fail_on) if rule not in seen]
        return [rule for rule in candidates if not in_check or CONDITIONS[rule.condition].in_check]


def rules(texts: Iterable[str], kind: str) -> Iterator[Rule]:
    """The rules in texts of the form `CONDITION[:DETAIL][,...]`, each once. Raises ValueError for what is no rule."""
    words = [word.strip() for text in texts for word in text.split(",")]
    for word in dict.fromkeys(words):
        yield _rule(word, kind)


def _rule(word: str, kind: str) -> Rule:
    name, colon, detail = word.partition(":")
    known = [each for each, condition in CONDITIONS.items() if condition.is_failure or kind == FAIL_ON]
    if name not in CONDITIONS:
        raise ValueError(f"unknown condition {name!r}{_suggestion(name, known)}")
    if name not in known:
        raise ValueError(f"{name} is no failure, so it cannot be allowed; only fail-on takes it")
    if colon:
        _require_detail(word, detail, CONDITIONS[name])
    return Rule(kind, name, detail or None)


def _require_detail(word: str, detail: str, condition: Condition) -> None:
    if condition.detail is None:
        raise ValueError(f"{word!r}: nothing may follow {word.partition(':')[0]}")
    if not detail:
        raise ValueError(f"{word!r}: the {condition.detail} is missing after the colon")
    if condition.choices and detail not in condition.choices:
        raise ValueError(f"{word!r}: unknown {condition.detail} {detail!r}{_suggestion(detail, condition.choices)}")


def _suggestion(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, 1, _CLOSE)
    return f", did you mean {close[0]}?" if close else f": choose from {', '.join(known)}"


def _matching(candidates: Iterable[Rule], found: Sequence[Fact]) -> list[Rule]:
    return [rule for rule in candidates if any(map(rule.matches, found))]


def _decision(deciding: Iterable[Rule], code: Exit) -> Decision:
    return Decision(tuple(map(str, deciding)), int(code))
