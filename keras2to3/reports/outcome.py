"""What became of a source in words: the facts of a verdict, or what stands against a result."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from interchange.errors import Exit, Problem
from interchange.messages.changes import Change
from interchange.messages.verification import Verification
from interchange.text import counted, in_one_line
from keras2to3.reports.report import Report
from keras2to3.reports.verdict import Verdict

if TYPE_CHECKING:
    from keras2to3.task_state import Task

_LONGEST_REASON = 200
_NAMED = 10  # problems or changes that are named on the screen; the report names all
_FIRST = "the first: "
"""What stands in a message before the first of its problems."""
_REFERENCES = {
    "normalised": "reference with equivalent layers",
    "recovered": "reference with translated Lambdas",
    "given": "reference with your functions",
    "graph": "reference from its graph",
}


def verdict(task: Task) -> Verdict:
    """What proves a result and where it lies, or why there is none; and what became of an earlier one."""
    job, report = task.job, task.report
    already = ["already there"] if task.resumed else []
    lines = [f"    removed: {near(path)}, an earlier result" for path in task.removed]
    lines += [*([f"    {task.lost_page}"] if task.lost_page else []), *decided(report)]
    fails = report.final_code is not Exit.VERIFIED
    if report.status == "unchanged":
        told = [*already, "Keras 3 saved it and opens it"]
        return Verdict(report.status, str(job.source), told, details=lines, fails=fails)
    if report.exit_code is Exit.VERIFIED:
        details = [*_unproven(report), *needs(report), *lines]
        more = [f"    result: {near(job.target)}", *explained(report)]
        return Verdict(report.status, str(job.source), [*already, *facts(report)], "", details, more, fails)
    lines += [f"    kept: {near(task.kept)} of an earlier run"] if task.kept else []
    lines += [f"    report: {near(task.reported)}"] if task.reported else []
    return trouble(job.source, report.status, report, lines)


def decided(report: Report) -> list[str]:
    """What the policy says of a source, if it decides."""
    return [f"    policy: {report.policy}"] if report.policy else []


def facts(report: Report) -> list[str]:
    """What somebody has to know of a result who reads nothing else, the most important first."""
    verification = report.verification
    assert verification is not None
    if report.is_unproven:
        count = report.weights.tensors if report.weights else 0
        return ["NOT PROVEN EQUAL", f"{counted(count, 'tensor')} in place", *changed(report.changes)]
    return [
        _difference(verification),
        *_provisos(report, verification),
        *_lost_training(report),
        *changed(report.changes),
        *(["optimizer kept"] if report.training and report.training.optimizer == "kept" else []),
    ]


def _difference(verification: Verification) -> str:
    """The largest difference of all outputs, relative to the largest value of the output."""
    worst = max((row.max_rel or 0.0 for row in verification.outputs), default=0.0)
    return f"{worst:.1e} off" if worst else "identical"


def _provisos(report: Report, verification: Verification) -> list[str]:
    unlike = [row.probe for row in verification.extremes if not row.equal]
    vain = len({row.probe for row in verification.proves_nothing})
    provisos = {
        "weak": verification.strength == "weak",
        f"not equal on {unlike[0] if len(unlike) == 1 else f'{len(unlike)} edge cases'}" if unlike else "": unlike,
        f"{counted(vain, 'probe')} prove{'s' * (vain == 1)} nothing": vain,
        "your samples alone": verification.left_out,
        _REFERENCES.get(verification.reference, verification.reference): verification.reference != "original",
        "untrained": report.is_fresh,
    }
    return [text for text, holds in provisos.items() if holds]


def changed(changes: Sequence[Change]) -> list[str]:
    """`2 changes, 1 for training only, 1 lossy`; nothing if there are none."""
    if not changes:
        return []
    kinds = Counter(change.kind for change in changes)
    training, lossy = kinds["training-only"], kinds["lossy"]
    told = [counted(len(changes), "change")]
    told += [f"{training} for training only"] if training else []
    return [", ".join([*told, *([f"{lossy} lossy"] if lossy else [])])]


def _lost_training(report: Report) -> list[str]:
    """What somebody has to know who trains the model further."""
    training = report.training
    if training is None:
        return ["not compiled"] if report.optimizer == "dropped" else []
    if training.optimizer == "dropped":
        return ["not compiled"]
    compared = report.verification.training if report.verification else None
    told = ["optimizer rebuilt"] if training.optimizer == "rebuilt" else []
    if compared is not None and compared.why is not None:
        return [*told, "next steps NOT COMPARED"]
    return [*told, *(["next steps differ by design"] if compared is not None and compared.by_design else [])]


def _unproven(report: Report) -> list[str]:
    """Why there was nothing to compare a result with."""
    why = report.verification.why if report.verification and report.is_unproven else None
    return [f"    not proven equal: {in_one_line(why, _LONGEST_REASON)}"] if why else []


def needs(report: Report) -> list[str]:
    """What has to be imported before the result can be opened, if anything."""
    output = report.output
    return [f"    open it with: {output.needs.usage}"] if output and output.needs else []


def explained(report: Report) -> list[str]:
    """How much was compared, how training goes on, and every change, for `--verbose`."""
    verification, training = report.verification, report.training
    told = []
    if verification and not report.is_unproven:
        told.append(f"compared: {counted(verification.samples, 'sample')}, {counted(verification.numbers, 'number')}")
        told += ["weak: outputs hardly vary, so equal ones show little"] if verification.strength == "weak" else []
        told += [f"proves nothing: {row.probe} of output {row.output}" for row in verification.proves_nothing]
        told += [f"not equal: {row.probe}: {row.text}" for row in verification.extremes if not row.equal]
    if training is not None:
        steps = f", {counted(training.steps, 'step')} made" if training.steps is not None else ""
        reason = f": {in_one_line(training.reason, _LONGEST_REASON)}" if training.reason else ""
        told.append(f"optimizer: {training.optimizer}{steps}{reason}")
    if verification and verification.training and verification.training.why is not None:
        told.append(f"next steps not compared: {in_one_line(verification.training.why, _LONGEST_REASON)}")
    return [*(f"    {line}" for line in told), *listed(grouped(report.changes))]


def grouped(changes: Sequence[Change]) -> list[str]:
    """The changes, those that are the same in many layers once."""
    texts = Counter((change.rule, change.text) for change in changes)
    return [f"{rule}: {text}{f' ({count} layers)' if count > 1 else ''}" for (rule, text), count in texts.items()]


def trouble(source: Path, status: str, report: Report, lines: Sequence[str] = ()) -> Verdict:
    """What stands against a source, and what to do about it."""
    assert report.error is not None
    message = " ".join(report.error.message.split())  # Keras has much to say, on many lines
    message = message.removeprefix(f"{source} ")  # it often begins with what stands before it
    problems, hints = report.error.problems, [report.error.hint]
    if len(problems) == 1 and _is_told(problems[0], message):
        hints, problems = [problems[0].unblock, *hints], ()
        message = message.rpartition(_FIRST)[2]
    elif problems:
        message = message.partition(_FIRST)[0].rstrip(" :;")  # the lines below it tell all of them
    details = listed([_problem(problem, report.error.hint) for problem in problems])
    details += [f"    hint: {hint}" for hint in dict.fromkeys(hints) if hint]
    return Verdict(status, str(source), reason=message, details=[*details, *lines])


def _is_told(problem: Problem, message: str) -> bool:
    """Whether a message says already all that a problem does, except for what to do about it."""
    return all(" ".join(str(part).split()) in message for part in (problem.text, problem.layer))


def _problem(problem: Problem, hint: str | None) -> str:
    """A problem, with its way out unless the hint is the same."""
    where = f"{problem.layer} ({problem.class_name})" if problem.layer else problem.class_name
    what = "" if problem.key is None else f", {problem.key}={problem.value!r}"
    unblock = f" [{problem.unblock}]" if problem.unblock and problem.unblock != hint else ""
    return f"{where}{what}: {problem.text}{unblock}"


def listed(rows: Sequence[str]) -> list[str]:
    """The first of many rows."""
    lines = [f"    - {row}" for row in rows[:_NAMED]]
    return [*lines, f"    ... and {len(rows) - _NAMED} more"] if len(rows) > _NAMED else lines


def near(path: Path) -> Path:
    """The path as seen from where the user stands, where that is shorter."""
    relative = Path(os.path.relpath(path))
    return relative if len(str(relative)) < len(str(path)) else path
