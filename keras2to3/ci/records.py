"""What became of one source, from which every format for other programs is written."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from interchange.errors import Exit, Failure
from interchange.text import escaped
from keras2to3.policy import Policy, Rule
from keras2to3.reports.facts import Fact, facts
from keras2to3.reports.report import Report

ERROR, WARNING, NOTE = "error", "warning", "note"
FAILED, INTERRUPTED = "failed", "interrupted"
"""Findings that no condition of the policy is about."""

_LONGEST = 1000  # characters of a text in a document
_MOST = 100  # findings of one source
# Provisos that are told although no rule of the policy names them.
_TOLD = {
    **dict.fromkeys(("weak", "unproven", "no-proof", "training-not-compared", "lossy"), WARNING),
    **dict.fromkeys(("training-only", "optimizer"), NOTE),
}


@dataclass(frozen=True)
class Finding:
    """Something to act upon: its level, the condition that it is of, where it is, and what to do about it."""

    level: str
    condition: str
    text: str
    layer: str = ""
    hint: str | None = None


@dataclass(frozen=True)
class Record:
    """One source. `exit_code` is that by the policy, and `source` None for the command itself.

    `message` says why there is no result, and `decision` which rules of the policy decided. `matched` are the rules
    that match, whether or not they decide.
    """

    verb: str
    source: Path | None
    status: str
    exit_code: Exit
    own_code: Exit
    message: str | None = None
    decision: str | None = None
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0
    report: Path | None = None
    matched: frozenset[Rule] = frozenset()

    @property
    def is_allowed(self) -> bool:
        """Whether it is a failure that the policy allows."""
        return self.own_code is not Exit.VERIFIED and self.exit_code is Exit.VERIFIED

    @property
    def name(self) -> str:
        """The source as it was given, in one line."""
        return f"keras2to3 {self.verb}" if self.source is None else escaped(str(self.source))

    @classmethod
    def of(cls, verb: str, source: Path, report: Report, policy: Policy, place: Path | None = None) -> Record:
        """The record of a report, which lies at `place` if it was written."""
        seconds = report.timing.get("total", report.timing.get("scan", 0.0))
        return cls(
            verb,
            source,
            report.status,
            report.final_code,
            report.exit_code,
            line(report.error.message) if report.error else None,
            line(str(report.policy)) if report.policy else None,
            tuple(_findings(report, policy)),
            seconds,
            place,
            policy.matching(report),
        )

    @classmethod
    def interrupted(cls, verb: str, source: Path) -> Record:
        """The record of a source that was not reached."""
        text = "the run was interrupted"
        findings = (Finding(ERROR, INTERRUPTED, text),)
        return cls(verb, source, INTERRUPTED, Exit.INTERRUPTED, Exit.INTERRUPTED, text, findings=findings)

    @classmethod
    def of_command(cls, verb: str, failure: Failure) -> Record:
        """The record of a command that ended before its sources did."""
        finding = Finding(ERROR, FAILED, line(failure.message), hint=failure.hint and line(failure.hint))
        return cls(verb, None, FAILED, failure.code, failure.code, finding.text, findings=(finding,))


def line(text: str, longest: int = _LONGEST) -> str:
    """The beginning of a text in one line, in which nothing steers a terminal, and which XML can hold."""
    joined = escaped(" ".join(text.split()))
    return joined if len(joined) <= longest else f"{joined[: longest - 1]}…"


def _findings(report: Report, policy: Policy) -> Iterator[Finding]:
    if report.exit_code is Exit.VERIFIED:
        found = [_proviso(fact, policy) for fact in facts(report)]
        yield from _some([finding for finding in found if finding is not None])
        return
    level = NOTE if report.final_code is Exit.VERIFIED else ERROR
    reasons = [_finding(level, fact.condition, fact) for fact in facts(report)]
    if not reasons:
        assert report.error is not None
        reasons = [_finding(level, FAILED, Fact({FAILED: frozenset()}, report.error.message, hint=report.error.hint))]
    yield from _some(reasons)


def _some(findings: Sequence[Finding]) -> Iterator[Finding]:
    """Those of the highest levels if there are many, and how many more there are."""
    yield from sorted(findings, key=lambda each: (ERROR, WARNING, NOTE).index(each.level))[:_MOST]
    if len(findings) > _MOST:
        last = findings[-1]
        yield Finding(last.level, last.condition, f"and {len(findings) - _MOST} more, which the report has")


def _proviso(fact: Fact, policy: Policy) -> Finding | None:
    if policy.fails_on(fact):
        return _finding(ERROR, fact.condition, fact)
    level = _TOLD.get(fact.condition)
    return None if level is None else _finding(level, fact.condition, fact)


def _finding(level: str, condition: str, fact: Fact) -> Finding:
    return Finding(level, condition, line(fact.text), line(fact.layer), fact.hint and line(fact.hint))
