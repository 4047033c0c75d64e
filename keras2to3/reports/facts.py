"""What a report says that somebody may have to act upon: each reason of a failure, or each proviso of a result."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from interchange.errors import Exit
from keras2to3.reports.report import Report

_NONE: frozenset[str] = frozenset()
_FAILURES = {
    Exit.UNREADABLE: "unreadable",
    Exit.WEIGHTS: "weights",
    Exit.DIFFERS: "differs",
    Exit.WORKER_DIED: "died",
}


@dataclass(frozen=True)
class Fact:
    """One thing about a source: the conditions of the policy that it meets, each with the details that name it.

    `text` says it in words, `layer` is where, and `hint` what to do about it.
    """

    conditions: Mapping[str, frozenset[str]]
    text: str
    layer: str = ""
    hint: str | None = None

    @property
    def condition(self) -> str:
        """The most precise of its conditions."""
        return list(self.conditions)[-1]


def facts(report: Report) -> Sequence[Fact]:
    """The reasons of a failure, or the provisos of a result; none if a failure says nothing of the model."""
    return list(_provisos(report) if report.exit_code is Exit.VERIFIED else _reasons(report))


def _reasons(report: Report) -> Iterator[Fact]:
    """Every refused part is one, so that a rule for some of them does not allow the others."""
    error, code = report.error, report.exit_code
    assert error is not None
    condition = _FAILURES.get(code, "refused" if code is Exit.REFUSED else None)
    if condition is None:
        return
    for problem in error.problems if condition == "refused" else ():
        unsafe = {} if problem.policy is None else {"unsafe": frozenset({problem.policy})}
        conditions = {"refused": frozenset({problem.class_name}), **unsafe}
        yield Fact(conditions, str(problem), problem.layer, problem.unblock or error.hint)
    if condition != "refused" or not error.problems:
        first = report.verification.first_difference if report.verification else None
        yield Fact({condition: _NONE}, error.message, first.layer if first else "", error.hint)


def _provisos(report: Report) -> Iterator[Fact]:
    for change in report.changes:
        yield Fact({change.kind: frozenset({change.rule})}, f"{change.rule}: {change.text}", change.layer)
    if report.optimizer in ("dropped", "rebuilt"):
        reason = report.training.reason if report.training else None
        text = f"the optimizer is {report.optimizer}{f': {reason}' if reason else ''}"
        yield Fact({"optimizer": frozenset({report.optimizer})}, text)
    kind = report.output.kind if report.output else None
    if kind == "needs-code":
        yield Fact({"needs-code": _NONE}, "the result has custom classes, and opens with their file alone")
    if kind == "serving":
        yield Fact({"serving": _NONE}, "the result calls the graph of the SavedModel, and is not rebuilt")
    if report.trusted:
        yield Fact({"trusted": _NONE}, "the source was trusted")
    if report.status == "unchanged":
        yield Fact({"unchanged": _NONE}, "Keras 3 saved the source and opens it, so nothing was written")
    yield from _of_verification(report)


def _of_verification(report: Report) -> Iterator[Fact]:
    compared = report.verification
    if compared is None:
        return
    if report.is_unproven:
        yield Fact({"unproven": _NONE}, f"the outputs were compared with nothing: {compared.why}")
        return
    if compared.strength == "weak":
        yield Fact({"weak": _NONE}, "the outputs hardly vary over all probes, so equal outputs show little")
    if compared.reference != "original":
        yield Fact({"reference": frozenset({compared.reference})}, f"the reference is {compared.reference}")
    for extreme in compared.extremes:
        if not extreme.equal:
            yield Fact({"edge-cases": frozenset({extreme.probe})}, f"not equal on {extreme.probe}: {extreme.text}")
    for row in compared.proves_nothing:
        yield Fact({"no-proof": frozenset({row.probe})}, f"the probe {row.probe} proves nothing of output {row.output}")
    if compared.training is not None and compared.training.why is not None:
        yield Fact({"training-not-compared": _NONE}, f"the next steps were not compared: {compared.training.why}")
