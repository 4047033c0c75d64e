"""What lands on disk: a verified model and its report, or the report alone; and what becomes of an earlier result."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from interchange.errors import Exit, Failure, failure_of
from keras2to3.executors.worker import HOSTILE
from keras2to3.results import collect, custom_stubs, ownership
from keras2to3.results.deletion import remove
from keras2to3.results.file_moves import Move, commit
from keras2to3.results.ownership import Previous
from keras2to3.results.plan import SERVING, Job
from keras2to3.results.resume import Earlier
from keras2to3.scanner import containers
from keras2to3.task import Migration

_SKELETONS = "{} has templates of the missing classes for Keras 3; write what they compute."
_KINDS = {".keras": "native", ".weights.h5": "weights", SERVING: "serving"}
_CONTRADICTING = (Exit.REFUSED, Exit.DIFFERS)


def publish(migration: Migration, earlier: Earlier, folder: Path) -> None:
    """Put a result and its report in place, or the report of a failure; a disk that is full fails this source alone.

    A result takes the place of an earlier one of the same source. A failure leaves that as it is, unless it is what
    the source has come to: then it is removed. `folder` is one below the output folder that no worker may write in.
    An interrupt in the middle is mended by the next run, and still whoever calls this postpones it.
    """
    job, report = migration.job, migration.report
    if migration.resumed:
        _forget_failure(job)
    elif job.is_placed:
        report.made_with = earlier.made_with
        report.source.update(location=ownership.location_of(job), name=job.stem)
        report.timing["total"] = migration.seconds
        _publish(migration, earlier, folder)
        remove(folder)
    elif report.exit_code is Exit.USAGE and job.stem:  # what was to be written would meet something else
        found = ownership.previous(job)
        migration.kept = (found.result(job) or job.report) if found.stands(job) else None
    for place in (migration.folder, migration.bundle, migration.desk):
        remove(place)  # what is left goes with the workspace, or is told there


def _publish(migration: Migration, earlier: Earlier, folder: Path) -> None:
    job, report = migration.job, migration.report
    if report.error is None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _arrive(migration, earlier, folder)
        except (OSError, Failure, collect.NotPlainError) as error:
            report.fail(_unwritable(job, error))
            report.earlier = None
        else:
            migration.reported = job.report
            return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _tell_failure(migration, earlier, folder)
    except OSError as error:
        report.fail(_unwritable(job, error))


def _arrive(migration: Migration, earlier: Earlier, folder: Path) -> None:
    """All that takes room is written before anything is visible; the report comes first, as what is missing shows."""
    job, report, options = migration.job, migration.report, earlier.options
    checked = ownership.checked(job, keep_bundle=options.keep_bundles, overwrite=options.overwrite)
    if checked.failure is not None:  # what was not there when the source was begun
        raise checked.failure
    moves = list(_result(migration, folder, keep_bundle=options.keep_bundles))
    found = ownership.previous(job)
    _require_as_proven(migration, found, overwrite=options.overwrite)
    placed = {move.target for move in moves}
    stale = [path for path in (found.result(job), found.bundle(job)) if path and path not in placed]
    removed = [path for path in stale if path != job.bundle]
    report.earlier = {"removed": [str(path) for path in removed]} if removed else None
    _commit([_staged(migration, job.report, folder), *moves, *map(Move, (*stale, *_failed(job)))], job, folder)
    migration.removed = tuple(removed)


def _result(migration: Migration, folder: Path, *, keep_bundle: bool) -> Iterator[Move]:
    """The model and its bundle, out of the reach of the workers, and what the report tells of them."""
    job, report = migration.job, migration.report
    if migration.lent is not None:
        report.status = "unchanged"
        return
    report.status = "restored" if report.is_unproven else "verified"
    opened_by = report.environments.get("keras3", {}).get("keras")  # the only Keras 3 that has opened it so far
    kind = "needs-code" if migration.needs else _KINDS[job.ending]
    needs = migration.needs and {**migration.needs, "usage": _usage(job, migration.needs)}
    facts = {"path": str(job.target), "sha256": migration.sha256, "kind": kind, "opens_from": opened_by, "needs": needs}
    report.output = {**facts, "bundle": keep_bundle and _has_bundle(migration)}
    yield Move(job.target, migration.result)
    if report.output["bundle"]:
        bundle = folder / "bundle"
        collect.folder(migration.bundle, bundle)
        yield Move(job.bundle, bundle)


def _has_bundle(migration: Migration) -> bool:
    """A file of Keras 3 that was put right has none."""
    return migration.scanned is not None and not migration.scanned.is_of_keras_3


def _require_as_proven(migration: Migration, found: Previous, *, overwrite: bool) -> None:
    """What was compared with nothing takes no place of what was verified. Raises `Failure(ENVIRONMENT)`."""
    facts = found.facts if found.stands(migration.job) else None
    if migration.report.is_unproven and facts and facts.get("status") == "verified" and not overwrite:
        text = f"{found.result(migration.job)} is verified, and the new result was compared with nothing"
        raise Failure(Exit.ENVIRONMENT, text, ownership.WAYS_OUT)


def _tell_failure(migration: Migration, earlier: Earlier, folder: Path) -> None:
    """Write the report of a failure where it hides nothing that is good."""
    job, report = migration.job, migration.report
    _place_skeletons(migration, folder)
    found = ownership.previous(job)
    result = found.result(job)
    if found.stands(job) and not _is_contradicted(migration, found, earlier):
        _keep(migration, result or job.report, folder)
    elif found.is_own or not os.path.lexists(job.report):
        gone = [path for path in (result, found.bundle(job)) if path and found.is_own]
        removed = [path for path in gone if path == result]
        report.earlier = {"removed": [str(path) for path in removed]} if removed else None
        _commit([*map(Move, (*gone, *_failed(job))), _staged(migration, job.report, folder)], job, folder)
        migration.reported, migration.removed = job.report, removed
    elif ownership.may_write(job.failed):
        _commit([_staged(migration, job.failed, folder)], job, folder)
        migration.reported = job.failed


def _keep(migration: Migration, result: Path, folder: Path) -> None:
    job = migration.job
    migration.report.earlier = {"kept": str(result)}
    migration.kept = result
    if ownership.may_write(job.failed):
        _commit([_staged(migration, job.failed, folder)], job, folder)
        migration.reported = job.failed


def _is_contradicted(migration: Migration, found: Previous, earlier: Earlier) -> bool:
    """Whether the source itself has come to something else, and not what was asked of it.

    A process that died, or was stopped at a limit, says nothing of it: such a refusal has its log.
    """
    report = migration.report
    if report.exit_code not in _CONTRADICTING or found.facts is None or "log" in (report.error or {}):
        return False
    try:
        digest = report.source["sha256"] or containers.digest_of(migration.job.source)
    except (OSError, Failure):
        return False
    return digest != found.facts["source"]["sha256"] or earlier.is_asked_alike(found.facts)


def _staged(migration: Migration, target: Path, folder: Path) -> Move:
    written = folder / "report.json"
    written.write_bytes(migration.report.to_bytes())
    return Move(target, written)


def _commit(moves: Sequence[Move], job: Job, folder: Path) -> None:
    job.report.parent.mkdir(parents=True, exist_ok=True)
    commit(moves, job.output_dir, folder / "aside")


def _failed(job: Job) -> Sequence[Path]:
    """The report of a failure before, which is over."""
    return [job.failed] if os.path.lexists(job.failed) and ownership.may_write(job.failed) else []


def _forget_failure(job: Job) -> None:
    for path in _failed(job):
        with contextlib.suppress(OSError):
            path.unlink()


def _usage(job: Job, needs: Mapping[str, Any]) -> str:
    """How a result is opened that holds classes of the user's."""
    from keras2to3.results.usage import usage  # late: few need it

    return usage(job.target, needs)


def _place_skeletons(migration: Migration, folder: Path) -> None:
    """Of the classes that are missing, if any are, where nothing lies that a user has begun to fill in."""
    job, error = migration.job, migration.report.error or {}
    if not error.get("missing"):
        return
    text = custom_stubs.skeletons(error["missing"], job.source.name, job.skeletons.name)
    error["hint"] = f"{error['hint']} {_SKELETONS.format(job.skeletons.name)}".removeprefix("None ")
    if not os.path.lexists(job.skeletons):
        draft = folder / "skeletons.py"
        draft.write_text(text, encoding="utf-8")
        job.skeletons.parent.mkdir(parents=True, exist_ok=True)
        os.replace(draft, job.skeletons)


def _unwritable(job: Job, error: Exception) -> Failure:
    if isinstance(error, collect.NotPlainError):
        return Failure(Exit.WORKER_DIED, f"the exporter has left {error} in its bundle", HOSTILE)
    failure = failure_of(error)
    if isinstance(error, Failure) or failure.code is Exit.ENVIRONMENT:
        return failure
    hint = "choose another place with --output-dir"
    return Failure(
        Exit.ENVIRONMENT, f"{job.target}: cannot be written: {getattr(error, 'strerror', None) or error}", hint
    )
