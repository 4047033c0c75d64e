"""Write to the output folder: a verified model with its report, or only a report; and handle an earlier result."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from interchange.errors import Exit, Failure, failure_of
from interchange.messages.results import Needs
from keras2to3.config import recorded
from keras2to3.executors.worker import HOSTILE
from keras2to3.formats import BACK_BY_OPTION
from keras2to3.reports.report import OutputNeeds, ReportedOutput
from keras2to3.results import collect, custom_stubs, ownership, pages, report_files
from keras2to3.results.deletion import remove
from keras2to3.results.file_moves import Move, commit
from keras2to3.results.job import Job
from keras2to3.results.ownership import PreviousResult
from keras2to3.results.resume import EarlierRuns
from keras2to3.scanner import model_files

if TYPE_CHECKING:
    from keras2to3.task_state import Task

_SKELETONS = "{} has templates of the missing classes for Keras 3; write what they compute."
_CONTRADICTING = (Exit.REFUSED, Exit.DIFFERS)


def publish(task: Task, bundle: Path, earlier: EarlierRuns, folder: Path) -> None:
    """Put a result and its report in place, or the report of a failure; a full disk fails only this source.

    A result takes the place of an earlier one of the same source. A failure leaves that as it is, unless it is what
    the source has come to: then it is removed. `bundle` is what the exporter has written, `folder` one below the output
    folder that no worker may write in. What an interrupt leaves half done is finished by the next run.
    """
    job, report = task.job, task.report
    if task.resumed:
        _remove_failure_report(job)
        _update_policy(task, folder)
    elif job.has_target:
        report.made_with = earlier.made_with(task.options)
        report.settings = recorded.to_report(task.options.settings, job.output_dir)
        report.source.update(location=ownership.location_of(job), name=job.stem)
        report.timing["total"] = task.seconds
        _publish(task, bundle, earlier, folder)
        remove(folder)
    elif report.exit_code is Exit.USAGE and job.stem:  # an output of the job would replace something else
        previous = ownership.previous(job)
        task.kept = (previous.result(job) or job.report) if previous.is_complete(job) else None


def _publish(task: Task, bundle: Path, earlier: EarlierRuns, folder: Path) -> None:
    job, report = task.job, task.report
    if report.error is None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _publish_result(task, bundle, folder)
        except (OSError, Failure, collect.NotRegularError) as error:
            report.fail(_unwritable(job, error))
            report.earlier = None
        else:
            task.reported = job.report
            return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _publish_failure(task, earlier, folder)
    except OSError as error:
        report.fail(_unwritable(job, error))


def _publish_result(task: Task, bundle: Path, folder: Path) -> None:
    """Everything that takes space is written before anything becomes visible. The report is moved first."""
    job, report, options = task.job, task.report, task.options
    checked = ownership.with_conflicts(job, options)
    if checked.failure is not None:  # created since the source was begun
        raise checked.failure
    moves = list(_result(task, bundle if options.keep_bundles else None, folder))
    previous = ownership.previous(job)
    _require_not_weaker(task, previous, overwrite=options.overwrite)
    placed = {move.target for move in moves}
    stale = [path for path in (previous.result(job), previous.bundle(job)) if path and path not in placed]
    removed = [path for path in stale if path != job.bundle]
    report.earlier = {"removed": [str(path) for path in removed]} if removed else None
    reports = report_files.staged(task, job.report, folder)
    _commit([*reports, *moves, *map(Move, (*stale, *_stale_failure_reports(job)))], job, folder)
    task.removed = tuple(removed)


def _result(task: Task, bundle: Path | None, folder: Path) -> Iterator[Move]:
    """The model, and the bundle if it is kept, where workers cannot write; and the `output` of the report."""
    job, report, result = task.job, task.report, task.result
    if result is None:
        report.status = "unchanged"
        return
    report.status = "restored" if report.is_unproven else "verified"
    of_keras_3 = result.output not in BACK_BY_OPTION.values()
    # the only Keras 3 that has opened it so far
    opened_by = report.environments.get("keras3", {}).get("keras") if of_keras_3 else None
    kind = "needs-code" if result.needs and of_keras_3 else result.output.kind
    has_bundle = task.route is not None and task.route.export is not None
    keeps_bundle = bundle is not None and has_bundle
    needs = _output_needs(task, result.needs, "keras3" if of_keras_3 else "keras2") if result.needs else None
    report.output = ReportedOutput(str(job.target), result.sha256, kind, opened_by, needs, keeps_bundle)
    yield Move(job.target, result.path)
    if bundle is not None and has_bundle:
        copy = folder / "bundle"
        collect.folder(bundle, copy)
        yield Move(job.bundle, copy)


def _require_not_weaker(task: Task, previous: PreviousResult, *, overwrite: bool) -> None:
    """A result that was compared with nothing does not replace a verified one. Raises `Failure(ENVIRONMENT)`."""
    facts = previous.facts if previous.is_complete(task.job) else None
    if task.report.is_unproven and facts and facts.get("status") == "verified" and not overwrite:
        text = f"{previous.result(task.job)} is verified, and the new result was compared with nothing"
        raise Failure(Exit.ENVIRONMENT, text, ownership.WAYS_OUT)


def _publish_failure(task: Task, earlier: EarlierRuns, folder: Path) -> None:
    """Write the report of a failure without hiding an earlier result."""
    job, report = task.job, task.report
    _write_custom_stubs(task, folder)
    previous = ownership.previous(job)
    result = previous.result(job)
    if previous.is_complete(job) and not _is_contradicted(task, previous, earlier):
        _keep_previous(task, result or job.report, folder)
    elif previous.is_own or not os.path.lexists(job.report):
        gone = [path for path in (result, previous.bundle(job)) if path and previous.is_own]
        removed = [path for path in gone if path == result]
        report.earlier = {"removed": [str(path) for path in removed]} if removed else None
        reports = report_files.staged(task, job.report, folder)
        _commit([*map(Move, (*gone, *_stale_failure_reports(job))), *reports], job, folder)
        task.reported, task.removed = job.report, removed
    elif ownership.may_write(job.failed_report):
        _commit(report_files.staged(task, job.failed_report, folder), job, folder)
        task.reported = job.failed_report


def _keep_previous(task: Task, result: Path, folder: Path) -> None:
    job = task.job
    task.report.earlier = {"kept": str(result)}
    task.kept = result
    if ownership.may_write(job.failed_report):
        _commit(report_files.staged(task, job.failed_report, folder), job, folder)
        task.reported = job.failed_report


def _is_contradicted(task: Task, previous: PreviousResult, earlier: EarlierRuns) -> bool:
    """Whether the source itself now gives another result, not only under other options.

    A process that crashed, or was stopped at a limit, does not count: such a refusal has a log.
    """
    report = task.report
    has_log = report.error is not None and report.error.log is not None
    if report.exit_code not in _CONTRADICTING or previous.facts is None or has_log:
        return False
    try:
        digest = report.source["sha256"] or model_files.digest_of(task.job.source)
    except (OSError, Failure):
        return False
    return digest != previous.facts["source"]["sha256"] or earlier.has_same_options(previous.facts, task.options)


def _update_policy(task: Task, folder: Path) -> None:
    """Write the report of an earlier run again if the policy of this run decides otherwise."""
    before = task.report.policy
    task.decide()
    if task.report.policy == before:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _commit(report_files.staged(task, task.job.report, folder), task.job, folder)
        remove(folder)
    except OSError as error:
        task.report.fail(_unwritable(task.job, error))


def _commit(moves: Sequence[Move], job: Job, folder: Path) -> None:
    job.report.parent.mkdir(parents=True, exist_ok=True)
    commit(moves, job.output_dir, folder / "aside")


def _stale_failure_reports(job: Job) -> Sequence[Path]:
    """The report of a failure before, which is over, and its page."""
    report, page = job.failed_report, job.failed_page
    is_report = os.path.lexists(report) and ownership.may_write(report)
    return [path for path, stale in ((report, is_report), (page, pages.is_ours(page))) if stale]


def _remove_failure_report(job: Job) -> None:
    for path in _stale_failure_reports(job):
        with contextlib.suppress(OSError):
            path.unlink()


def _output_needs(task: Task, needs: Needs, side: str) -> OutputNeeds:
    """What a result with classes of the user's is opened with, and how, in the Keras of one side."""
    from keras2to3.results.usage import usage  # late: few need it

    assert task.report.custom_objects is not None
    file = task.report.custom_objects[side].file
    return OutputNeeds(needs.module, needs.objects, needs.unregistered, file, usage(task.job.target, needs, Path(file)))


def _write_custom_stubs(task: Task, folder: Path) -> None:
    """Of the classes that are missing, if any are, where nothing lies that a user has begun to fill in."""
    job, error = task.job, task.report.error
    if error is None or not error.missing:
        return
    text = custom_stubs.stubs(error.missing, job.source.name, job.custom_stubs.name)
    hint = " ".join(filter(None, [error.hint, _SKELETONS.format(job.custom_stubs.name)]))
    task.report.error = dataclasses.replace(error, hint=hint)
    if not os.path.lexists(job.custom_stubs):
        draft = folder / "skeletons.py"
        draft.write_text(text, encoding="utf-8")
        job.custom_stubs.parent.mkdir(parents=True, exist_ok=True)
        os.replace(draft, job.custom_stubs)


def _unwritable(job: Job, error: Exception) -> Failure:
    if isinstance(error, collect.NotRegularError):
        return Failure(Exit.WORKER_DIED, f"the exporter has left {error} in its bundle", HOSTILE)
    failure = failure_of(error)
    if isinstance(error, Failure) or failure.code is Exit.ENVIRONMENT:
        return failure
    hint = "choose another place with --output-dir"
    return Failure(
        Exit.ENVIRONMENT, f"{job.target}: cannot be written: {getattr(error, 'strerror', None) or error}", hint
    )
