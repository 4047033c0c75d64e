"""Many sources through two workers as a pipeline: while one model is imported, the next is exported."""

from __future__ import annotations

import hashlib
import os
import queue
import shutil
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from interchange.errors import Exit, Failure
from keras2to3.options import Options
from keras2to3.outputs import Job, plan
from keras2to3.report import Report
from keras2to3.show import Lines
from keras2to3.worker import Worker
from keras2to3.workspace import workspace

# Bundles that may wait for the importer; each lies on disk, so there is no use in being far ahead.
_AHEAD = 2


@dataclass
class Migration:
    """One source on its way: its job, what is known of it, and its folder below the workspace."""

    job: Job
    folder: Path
    report: Report
    started: float = field(default_factory=time.monotonic)

    @property
    def bundle(self) -> Path:
        """Where the exporter writes and the importer reads."""
        return self.folder / "bundle"

    @property
    def draft(self) -> Path:
        """The new model until it is proven."""
        return self.folder / "model.keras"


def migrate(options: Options, show: Lines) -> list[Report]:
    """Migrate all sources and write all reports; a source that fails costs itself alone.

    Raises `Failure(ENVIRONMENT)` if there is nowhere to write. On Ctrl-C finished results stay.
    """
    jobs = plan(options.sources, options.output_dir)
    with workspace(options.output_dir) as folder:
        pair = _Pair(options, folder)
        try:
            return [_finish(migration, pair, show) for migration in pair.exported(jobs, show)]
        finally:
            pair.close()


class _Pair:
    """The two workers; both processes start here, at the same time."""

    def __init__(self, options: Options, folder: Path) -> None:
        assert options.keras2_python is not None and options.keras3_python is not None
        self._folder = folder
        self.exporter = Worker("exporter", options.keras2_python, folder / "exporter")
        self.importer = Worker("importer", options.keras3_python, folder / "importer")
        self._stop = threading.Event()

    def exported(self, jobs: Iterable[Job], show: Lines) -> Iterator[Migration]:
        """Every job with its bundle written or its report failed, in order, made by a thread that runs ahead."""
        ready: queue.Queue[Migration | None] = queue.Queue(_AHEAD)

        def run() -> None:
            for number, job in enumerate(jobs):
                if self._stop.is_set():
                    return
                ready.put(self._export(job, self._folder / f"model-{number}", show))
            ready.put(None)

        threading.Thread(target=run, name="export", daemon=True).start()
        while (migration := ready.get()) is not None:
            yield migration

    def _export(self, job: Job, folder: Path, show: Lines) -> Migration:
        migration = Migration(job, folder, Report({"path": str(job.source)}))
        try:
            about = _look(migration)
            request = {
                "op": "export",
                "source": str(job.source.resolve()),
                "bundle": str(migration.bundle),
                "about": about,
            }
            self.exporter.ask(request, lambda text: show.step(job, text))
        except Failure as failure:
            migration.report.fail(failure)
        migration.report.timing["export"] = round(time.monotonic() - migration.started, 3)
        return migration

    def close(self) -> None:
        """End both workers, whatever they are at."""
        self._stop.set()
        self.exporter.close()
        self.importer.close()


def _look(migration: Migration) -> Mapping[str, Any]:
    """The static look decides whether Keras 2 may see the file at all."""
    from keras2to3.look import look  # late: both workers start before h5py is imported

    seen = look(migration.job.source)
    report = migration.report
    saved_by = dict(seen.saved_by)
    report.source.update(sha256=seen.sha256, format=seen.format, saved_by=saved_by)
    if seen.has_optimizer or seen.training is not None:
        report.optimizer = "dropped"
        text = "the compiled state (loss, metrics, optimizer) is not carried over; compile the model again to train it"
        report.changes.append({"layer": "", "rule": "compile", "kind": "training-only", "text": text})
    return {"name": migration.job.source.name, "sha256": seen.sha256, "format": seen.format, "saved_by": saved_by}


def _finish(migration: Migration, pair: _Pair, show: Lines) -> Report:
    """Import, publish, report."""
    job, report = migration.job, migration.report
    if report.error is None:
        try:
            _import(migration, pair.importer, show)
        except Failure as failure:
            report.fail(failure)
    report.environments = {"keras2": pair.exporter.versions, "keras3": pair.importer.versions}
    report.timing["total"] = round(time.monotonic() - migration.started, 3)
    _publish(migration)
    shutil.rmtree(migration.folder, ignore_errors=True)
    show.verdict(job, report)
    return report


def _import(migration: Migration, importer: Worker, show: Lines) -> None:
    begun = time.monotonic()
    request = {"op": "import", "bundle": str(migration.bundle), "target": str(migration.draft)}
    found = importer.ask(request, lambda text: show.step(migration.job, text))
    report = migration.report
    report.changes.extend(found["changes"])
    report.verification, report.weights = found["verification"], found["weights"]
    report.timing["import"] = round(time.monotonic() - begun, 3)


def _publish(migration: Migration) -> None:
    """One rename gives the target its verified file; a file of an earlier run must not stand beside a refusal."""
    job, report = migration.job, migration.report
    try:
        if report.error is None:
            with migration.draft.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
            os.replace(migration.draft, job.target)
            report.status = "verified"
            report.output = {"path": str(job.target), "sha256": digest, "kind": "native", "opens_from": None}
        else:
            job.target.unlink(missing_ok=True)
        report.write(job.report)
    except OSError as error:
        hint = "choose another place with --output-dir, or free some space"
        raise Failure(Exit.ENVIRONMENT, f"{job.target}: cannot write there: {error.strerror}", hint) from error
