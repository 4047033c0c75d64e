"""What the user sees while it runs, in plain lines: one a step, and one verdict a source.

Names and texts of files and workers come here as they are, and are escaped where they are printed.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from interchange.errors import Exit, Problem
from interchange.messages.verification import Verification
from interchange.text import escaped, in_one_line
from keras2to3.reports.report import Report
from keras2to3.results.plan import Job

if TYPE_CHECKING:
    from keras2to3.task_state import Task

_LONGEST = 4_000  # characters of a line
_LONGEST_REASON = 200
_NAMED = 10  # missing sources, or problems or changes of one, that are named on the screen; summary and report name all


def printable(line: str) -> str:
    """A line as it is printed: its beginning, in which nothing steers the terminal. The report has all of it."""
    return escaped(line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…")


class Lines:
    """Plain lines on `stream`, which is standard error for the command."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._lock = threading.Lock()  # the exporter and the importer speak at the same time

    def say(self, *lines: str) -> None:
        """Print each on a line of its own, whatever is in it. That nobody reads them is no reason to stop."""
        with self._lock, contextlib.suppress(OSError):
            print("\n".join(map(printable, lines)), file=self._stream, flush=True)

    @contextlib.contextmanager
    def following(self, jobs: Sequence[Job]) -> Iterator[None]:  # noqa: ARG002  (a table wants to know)
        """The time in which `jobs` are worked on."""
        yield

    def step(self, job: Job, text: str) -> None:
        """What is being done for a source."""
        self.say(f"  {job.source.name}: {text}")

    def verdict(self, task: Task) -> None:
        """How it ended, in this run or in an earlier one."""
        self.say(*verdict(task))

    def encoded(self, jobs: Sequence[Job]) -> None:
        """Which results are not called as their sources, for other file systems cannot hold the names."""
        told = [f"{job.source} as {job.stem}" for job in jobs if job.is_renamed]
        if told:
            self.say(f"results have percent-encoded names, which every file system holds: {_some(told)}")

    def missing(self, jobs: Sequence[Job]) -> None:
        """Which sources an interruption has cost."""
        if jobs:
            self.say(f"not migrated: {_some([str(job.source) for job in jobs])}")


def _some(names: Sequence[str]) -> str:
    """The first of many names."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"


def verdict(task: Task) -> list[str]:
    """Lines on where the result lies and what proves it, or why there is none; and what became of an earlier one."""
    job, report = task.job, task.report
    already = "already " if task.resumed else ""
    lines = [f"    removed: {near(path)}, an earlier result" for path in task.removed]
    lines += decided(report)
    if report.status == "unchanged":
        return [f"{job.source}: {already}unchanged: Keras 3 saved it and opens it", *lines]
    if report.exit_code is Exit.VERIFIED:
        told = f"{proof(report)}{going_on(report)}"
        text = f"{job.source}: {already}{report.status}, {told} -> {near(job.target)}{needs(report)}"
        return [text, *lines]
    lines += [f"    kept: {near(task.kept)} of an earlier run"] if task.kept else []
    lines += [f"    report: {near(task.reported)}"] if task.reported else []
    return [*trouble(job.source, report.status, report), *lines]


def decided(report: Report) -> list[str]:
    """What the policy says of a source, if it decides."""
    return [f"    policy: {report.policy}"] if report.policy else []


def needs(report: Report) -> str:
    """What has to be imported before the result can be opened, if anything."""
    output = report.output
    return f", which opens with {output.needs.usage}" if output and output.needs else ""


def trouble(source: Path, how: str, report: Report) -> list[str]:
    """What stands against a source, and what to do about it."""
    assert report.error is not None
    message = " ".join(report.error.message.split())  # Keras has much to say, on many lines
    message = message.removeprefix(f"{source} ")  # it often begins with what stands before it
    problems, hints = report.error.problems, [report.error.hint]
    if len(problems) == 1 and _is_told(problems[0], message):
        hints, problems = [problems[0].unblock, *hints], ()
    elif problems:
        message = _without(problems[0], message)
    lines = [f"{source}: {how}: {message}", *listed(list(map(_problem, problems)))]
    return [*lines, *(f"    hint: {hint}" for hint in dict.fromkeys(hints) if hint)]


def _without(problem: Problem, message: str) -> str:
    """A message without the first of the problems, which the first line below it tells."""
    before, found, after = message.partition(" ".join(str(problem).split()))
    return f"{before.removesuffix('the first: ').rstrip(' :;')}{after}" if found else message


def _is_told(problem: Problem, message: str) -> bool:
    """Whether a message says already all that a problem does, except for what to do about it."""
    return all(" ".join(str(part).split()) in message for part in (problem.text, problem.layer))


def listed(rows: Sequence[str]) -> list[str]:
    """The first of many rows."""
    lines = [f"    - {row}" for row in rows[:_NAMED]]
    return [*lines, f"    ... and {len(rows) - _NAMED} more"] if len(rows) > _NAMED else lines


def proof(report: Report) -> str:
    """The verification in a few words."""
    verification = report.verification
    assert verification is not None
    if report.is_unproven:
        count, why = report.weights.tensors if report.weights else 0, verification.why
        return f"NOT PROVEN EQUAL: {count} tensors are in place, outputs were compared with nothing: {why}"
    worst = max((row.max_rel or 0.0 for row in verification.outputs), default=0.0)
    equal = f"{counted(verification.samples, 'sample')}, {counted(verification.numbers, 'number')}"
    return f"{equal} ({f'at most {worst:.1e} off' if worst else 'to the last bit'}){_provisos(report, verification)}"


def going_on(report: Report) -> str:
    """What became of a compiled state, in a few words; nothing for a model that was not compiled."""
    training = report.training
    if training is None:
        return ""
    reason = in_one_line(training.reason or "", _LONGEST_REASON)
    if training.optimizer == "dropped":
        return f", uncompiled: {reason}" if reason else ", uncompiled"
    kept = f"kept ({counted(training.steps or 0, 'step')})"
    return f", optimizer {kept if training.optimizer == 'kept' else f'rebuilt: {reason}'}{_next_steps(report)}"


def _next_steps(report: Report) -> str:
    """What somebody has to know who trains the model further."""
    compared = report.verification.training if report.verification else None
    if compared is None:
        return ""
    if compared.why is not None:
        return f", its next steps NOT COMPARED: {in_one_line(compared.why, _LONGEST_REASON)}"
    return ", its next steps are others by design, see changes" if compared.by_design else ""


def counted(number: int, what: str) -> str:
    """`1 sample`, `3,410 samples`."""
    return f"{number:,} {what}{'s' * (number != 1)}"


def _provisos(report: Report, verification: Verification) -> str:
    """What somebody has to know who reads nothing but the verdict."""
    unproving = _unproving(verification)
    unlike = [row.probe for row in verification.extremes if not row.equal]
    provisos = {
        "your samples alone": verification.left_out,
        f"{' and '.join(unproving)} {'prove' if len(unproving) > 1 else 'proves'} nothing": unproving,
        "although its outputs hardly vary": verification.strength == "weak",
        f"not equal on {' and '.join(unlike)}": unlike,
        f"reference {verification.reference}": verification.reference != "original",
        "with fresh weights": report.is_fresh,
    }
    return "".join(f", {text}" for text, holds in provisos.items() if holds)


def _unproving(verification: Verification) -> list[str]:
    """Probes that prove nothing, with the outputs of which they do not where there are others."""
    outputs: dict[str, list[str]] = {}
    for row in verification.proves_nothing:
        outputs.setdefault(row.probe, []).append(row.output)
    count = len(verification.outputs)
    return [probe if len(names) == count else f"{probe} of {', '.join(names)}" for probe, names in outputs.items()]


def _problem(problem: Problem) -> str:
    where = f"{problem.layer} ({problem.class_name})" if problem.layer else problem.class_name
    what = "" if problem.key is None else f", {problem.key}={problem.value!r}"
    unblock = f" [{problem.unblock}]" if problem.unblock else ""
    return f"{where}{what}: {problem.text}{unblock}"


def near(path: Path) -> Path:
    """The path as seen from where the user stands, where that is shorter."""
    relative = Path(os.path.relpath(path))
    return relative if len(str(relative)) < len(str(path)) else path
