"""What lands on disk: a verified model and its report, or the report alone, each by one rename."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from interchange.errors import Exit, Failure, failure_of
from keras2to3 import collect, skeletons
from keras2to3.deletion import remove
from keras2to3.migration import Migration
from keras2to3.outputs import SERVING, Job
from keras2to3.worker import HOSTILE

_SKELETONS = "{} has skeletons of the missing classes for Keras 3, for you to fill in."
_KINDS = {".keras": "native", ".weights.h5": "weights", SERVING: "serving"}


def publish(migration: Migration, made_with: Mapping[str, Any], *, keep_bundle: bool = False) -> None:
    """Give the targets their files and remove the folder; a disk that is full fails this source alone.

    The report tells what the result was `made_with`; what an earlier run has published stays as it is. An interrupt
    in the middle would leave a model without its report, so whoever calls this postpones it.
    """
    if migration.resumed:
        return
    migration.report.made_with = made_with
    try:
        _place(migration)
        remove(migration.job.bundle)  # none outlives the model it was kept for
        if keep_bundle and migration.report.output is not None:
            collect.folder(migration.bundle, migration.desk / migration.job.bundle.name)
            os.replace(migration.desk / migration.job.bundle.name, migration.job.bundle)
    except (OSError, collect.NotPlainError) as error:
        _give_up(migration, error)
    for place in (migration.folder, migration.bundle, migration.desk):
        remove(place)  # what is left goes with the workspace, or is told there


def _place(migration: Migration) -> None:
    """All that takes room is written before anything is visible."""
    job, report = migration.job, migration.report
    if report.error is None and migration.lent is not None:
        report.status = "unchanged"
    elif report.error is None:
        report.status = "restored" if report.is_unproven else "verified"
        opened_by = report.environments.get("keras3", {}).get("keras")  # the only Keras 3 that has opened it so far
        kind = "needs-code" if migration.needs else _KINDS[job.ending]
        report.output = {"path": str(job.target), "sha256": migration.sha256, "kind": kind, "opens_from": opened_by}
        report.output["needs"] = migration.needs and {**migration.needs, "usage": _usage(job, migration.needs)}
    report.timing["total"] = migration.seconds
    migration.desk.mkdir(parents=True, exist_ok=True)
    _place_skeletons(migration)
    written = migration.desk / "report.json"
    written.write_bytes(report.to_bytes())
    if report.output is not None:
        if migration.result.is_dir():
            _remove(job.target)  # a folder is not renamed onto another
        os.replace(migration.result, job.target)
    elif job.report.exists():  # what an earlier run of ours left is no result of this one
        _remove(job.target)
    os.replace(written, job.report)


def _usage(job: Job, needs: Mapping[str, Any]) -> str:
    """How a result is opened that holds classes of the user's; what is not registered has to be given by its name."""
    table = ", ".join(f"{name!r}: {needs['module']}.{name}" for name in needs["unregistered"])
    options = f", custom_objects={{{table}}}" if table else ""
    return f"import {needs['module']}; keras.saving.load_model({job.target.name!r}{options})"


def _place_skeletons(migration: Migration) -> None:
    """Of the classes that are missing, if any are, where nothing lies that a user has begun to fill in."""
    job, error = migration.job, migration.report.error or {}
    if not error.get("missing"):
        return
    text = skeletons.skeletons(error["missing"], job.source.name, job.skeletons.name)
    error["hint"] = f"{error['hint']} {_SKELETONS.format(job.skeletons.name)}".removeprefix("None ")
    if not job.skeletons.exists():
        draft = migration.desk / job.skeletons.name
        draft.write_text(text, encoding="utf-8")
        os.replace(draft, job.skeletons)


def _give_up(migration: Migration, error: Exception) -> None:
    """Report that the result could not be written, as far as even that can be."""
    if migration.report.error is None:
        _remove(migration.job.target)  # no model without its report
        migration.report.fail(_unwritable(migration, error))
        try:
            _place(migration)
        except OSError as second:
            error = second
        else:
            return
    migration.report.fail(_unwritable(migration, error))
    migration.job.report.unlink(missing_ok=True)


def _remove(target: Path) -> None:
    if (kept := remove(target)) is not None:
        raise kept


def _unwritable(migration: Migration, error: Exception) -> Failure:
    if isinstance(error, collect.NotPlainError):
        return Failure(Exit.WORKER_DIED, f"the exporter has left {error} in its bundle", HOSTILE)
    failure = failure_of(error)
    if failure.code is Exit.ENVIRONMENT:
        return failure
    hint = "choose another place with --output-dir"
    return Failure(
        Exit.ENVIRONMENT,
        f"{migration.job.target}: cannot be written: {getattr(error, 'strerror', None) or error}",
        hint,
    )
