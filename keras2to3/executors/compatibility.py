"""What the oldest locked Keras 3 makes of the results of a run: `opens_from` in a report, measured."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from pathlib import Path

from interchange.errors import Exit, Failure
from interchange.messages.requests import ProveRequest, ToleranceOptions
from keras2to3.executors.worker import Worker
from keras2to3.options.by_source import OptionsBySource
from keras2to3.options.commands import Options
from keras2to3.reports.console import Lines
from keras2to3.reports.report import Report
from keras2to3.reports.summary import Row, place
from keras2to3.results import pages
from keras2to3.results.deletion import remove
from keras2to3.sandbox import SandboxSpec, usual_memory


def measure(options: Options, python: Path, show: Lines, folder: Path, rows: Sequence[Row]) -> None:
    """Have every verified model of a run opened and compared by another Keras 3, and tell its report.

    What it cannot open, or answers otherwise, keeps the version it was written with, and a line says why. The bundles
    that were kept for this are removed, unless the user keeps them. `folder` is that of the run, `rows` are its own.
    Raises `Failure(ENVIRONMENT)` if it does not start.
    """
    limits = (options.memory or usual_memory(), options.timeout, options.allow_missing_sandbox)
    box = SandboxSpec((str(options.output_dir.resolve()),), (str(folder / "drafts"),), *limits)
    worker = Worker("importer", python, folder / "oldest", box, show.say)
    own = OptionsBySource(options)
    with contextlib.closing(worker):
        for source, report, bundle in _verified(rows):
            _measure(worker, report, bundle, own.of(source), folder, show)
            if not options.keep_bundles:
                _remove(report, bundle, folder)


def _remove(path: Path, bundle: Path, folder: Path) -> None:
    """The bundle, and that the report tells of it."""
    report = Report.from_bytes(path.read_bytes())
    assert report.output is not None
    report.output = dataclasses.replace(report.output, bundle=False)
    _tell(report, path, folder)
    remove(bundle)


def _tell(report: Report, path: Path, folder: Path) -> None:
    """Write a report again, and its page if it has one."""
    place(report.to_bytes(), path, folder)
    page = pages.beside(path)
    if pages.is_ours(page):
        place(pages.of_report(report, pages.details_of(page), path.name), page, folder)


def _verified(rows: Sequence[Row]) -> Iterator[tuple[Path, Path, Path]]:
    """The source, the report and the bundle of each verified model."""
    for row in rows:
        if row["status"] == "verified" and row["output"].endswith(".keras"):
            report = Path(row["report"])
            bundle = report.with_name(f"{report.name.removesuffix('.report.json')}.bundle")
            if bundle.is_dir():  # a file of Keras 3 that was put right has none
                yield Path(row["source"]), report, bundle


def _measure(worker: Worker, path: Path, bundle: Path, options: Options, folder: Path, show: Lines) -> None:
    report = Report.from_bytes(path.read_bytes())
    output = report.output
    assert output is not None
    request = ProveRequest(Path(output.path).resolve(), bundle.resolve(), ToleranceOptions(options.rtol, options.atol))
    try:
        worker.call(request, lambda _: None)
    except Failure as failure:
        if failure.code is Exit.ENVIRONMENT:
            raise
        show.say(f"{output.path}: opens_from stays at Keras {output.opens_from}: {failure}")
    else:
        report.output = dataclasses.replace(output, opens_from=worker.versions["keras"])
        _tell(report, path, folder)
        show.say(f"{output.path}: Keras {worker.versions['keras']} opens it with equal outputs")
