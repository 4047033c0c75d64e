"""The verdict of a report in words, and the figures beside it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from interchange.errors import Exit
from interchange.text import counted
from keras2to3.reports.html.filters import count, number, share
from keras2to3.reports.report import Report

_NOTHING = "No result was written: "
_WORDS = {
    "restored": "The result was written, but there was nothing to compare it with.",
    "unchanged": "The file is a model of Keras 3 that opens as it is, so nothing was written.",
    "refused": _NOTHING + "the model holds something that is unsupported or unsafe.",
    "differs": _NOTHING + "it would compute something else than the source.",
}
_WEAK = "The outputs hardly vary over all probes, so that equal outputs show little; your own samples show more."
_OPTIMIZERS = {
    "kept": "kept with its state",
    "rebuilt": "kept without its state",
    "dropped": "dropped: the result is not compiled",
    "none": "none: the source is not compiled",
}


@dataclass(frozen=True)
class Fact:
    """A figure beside the verdict, with a word on what it means."""

    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Verdict:
    """The first thing on a page: the status, a sentence, what weakens it, and figures."""

    status: str
    sentence: str
    warnings: tuple[str, ...]
    facts: tuple[Fact, ...]


def verdict_of(report: Report) -> Verdict:
    """What a report comes to."""
    return Verdict(report.status, _sentence(report), tuple(_warnings(report)), tuple(_facts(report)))


def _sentence(report: Report) -> str:
    if report.status == "verified":
        return "The result computes what the source computes."
    if report.status == "failed" and report.error:
        return f"{_NOTHING}{Exit(report.error.code).meaning}."
    return _WORDS.get(report.status, "")


def _warnings(report: Report) -> Iterator[str]:
    verification = report.verification
    if verification is not None and report.status in ("verified", "restored"):
        if verification.why:
            yield f"Nothing was compared: {verification.why}."
        elif verification.strength == "weak":
            yield _WEAK
        if verification.left_out:
            yield f"Only your own samples were compared: {verification.left_out}."
        yield from (f"Edge case {row.probe}: {row.text}." for row in verification.extremes if not row.equal)
    if report.policy:
        yield f"Your policy decides, by {', '.join(report.policy.rules)}: the exit code is {report.policy.exit_code}."
    if report.trusted:
        yield "The source was trusted: its own code may have run."


def _facts(report: Report) -> Iterator[Fact]:
    verification = report.verification
    worst = verification.closest if verification else None
    if verification and verification.reference != "weights" and report.status != "failed":
        yield Fact("Compared", counted(verification.samples, "sample"), counted(verification.numbers, "number"))
    if worst:
        allowed = f"{number(worst.tolerance)} allowed"
        taken = share(worst.max_abs, worst.tolerance)
        yield Fact("Largest difference", number(worst.max_abs), f"{allowed}, {taken} of it")
    if report.output or report.changes:
        training = sum(change.kind == "training-only" for change in report.changes)
        yield Fact("Changes", count(len(report.changes)), f"{count(training)} for training only" if training else "")
    if report.weights:
        same = f"{count(report.weights.identical)} bit by bit"
        yield Fact("Weights", counted(report.weights.tensors, "tensor"), same)
    if report.output:
        yield Fact("Optimizer", report.optimizer, _optimizer(report))


def _optimizer(report: Report) -> str:
    said = _OPTIMIZERS.get(report.optimizer, "").partition(" ")[2]
    steps = report.training.steps if report.training else None
    return f"{said}, {counted(steps, 'step')}" if steps is not None and said else said
