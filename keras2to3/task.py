"""One source from its file to its result. Read this module first.

    scan      a sandboxed process without TensorFlow reads the file, and refuses what is unsafe
    describe  (rollback alone) the importer, under Keras 3, opens the model, and writes what it consists of
    export    the exporter, under Keras 2, loads the model, runs it on probes, and writes a bundle
    import    the importer, under Keras 3, rebuilds the model from the bundle, restores its weights, and writes it
    verify    still the importer: it reads the file back, and compares its outputs with those of the old model
    publish   the command copies and scans the result, and renames it and its report into the output folder

All sources are scanned first, since a sandbox is told what its worker may read before the worker starts. Then `run`
takes each source along its route (see `routes`). `executors` runs many at a time: while the importer has one source,
the exporter has the next.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import TYPE_CHECKING

from interchange.messages.results import OpenResult, needs_of
from keras2to3 import requests, routes
from keras2to3.results import acceptance
from keras2to3.results.publish import publish

if TYPE_CHECKING:
    from pathlib import Path

    from keras2to3.executors.worker_pair import Workers
    from keras2to3.folders import Folders
    from keras2to3.reports.report import Report
    from keras2to3.routes import Route
    from keras2to3.scanner.process.client import Scanner
    from keras2to3.task_state import Result, Task


def scan(task: Task, scanner: Scanner) -> None:
    """Have the source scanned, which decides whether a worker may read it and which route it takes."""
    with task.recording("scan"):
        if task.job.failure:
            raise task.job.failure
        task.source.remember()
        scanned = scanner.scan(task.request)
        if task.origin is not None:
            scanner.scan(replace(task.request, path=task.origin))
        task.record_scan(scanned, routes.route_of(scanned, task.request))


def run(task: Task, route: Route, workers: Workers) -> Report:
    """Take a scanned source along its route and publish the result; whatever goes wrong is in the report."""
    folders = workers.folders()
    try:
        if task.is_waiting and route.describe is not None:
            with workers.importing, task.recording("describe"):
                _describe(task, route.describe, workers, folders)
        if task.is_waiting:
            with workers.exporting, task.recording("export"):
                _export(task, route, workers, folders)
        if task.is_waiting:
            with workers.importing, task.recording("import"):
                task.result = _import(task, route, workers, folders)
        other = task.fallback(route)
        if other is None and not task.was_interrupted:
            task.draw(workers.scanner)
            with workers.publishing:
                publish(task, folders.bundle, workers.earlier, workers.publishing_folder)
    finally:
        folders.remove()
    if other is not None:
        task.start_again(other)
        return run(task, other, workers)
    return task.report


def _nothing(_: Path) -> None:
    """Leave the importer's folder empty."""


def _describe(task: Task, op: str, workers: Workers, folders: Folders) -> None:
    """Have a model of Keras 3 described, and the description copied to where the exporter reads it."""
    workers.start()
    task.digest(workers.scanner)
    task.lend(folders)
    folders.hand_over_draft(_nothing)
    request = requests.to_importer(op, task, folders)
    with task.recording_worker("keras3", workers.importer) as importer:
        task.record_description(importer.call(request, workers.progress(task.job)))
    acceptance.lend_description(folders, importer)


def _export(task: Task, route: Route, workers: Workers, folders: Folders) -> None:
    """Have the bundle written; a source that the importer reads itself is copied for it."""
    if route.describe is None:
        workers.start()  # they come up while the source is digested
        task.digest(workers.scanner)
    if route.export is None:
        task.lend(folders)
    else:
        request = requests.to_exporter(route.export, task, folders, workers.scanner)
        with task.recording_worker("keras2", workers.exporter) as exporter:
            task.record_export(exporter.call(request, workers.progress(task.job)))
        acceptance.require_plain_bundle(folders.bundle, exporter)
        task.source.require_unchanged()
    if route.describe is None:
        folders.hand_over_draft(functools.partial(task.copy_into_draft, route))


def _import(task: Task, route: Route, workers: Workers, folders: Folders) -> Result | None:
    """Have the new model written and verified, and copy it to where no worker writes; None if none is needed."""
    request = requests.to_importer(route.import_, task, folders)
    with task.recording_worker("keras3", workers.importer) as importer:
        answer = importer.call(request, workers.progress(task.job))
    model = answer.repaired if isinstance(answer, OpenResult) else answer
    acceptance.require_unaltered(task, route, folders)
    if model is None:
        return None  # a model of Keras 3 that needs no repair
    task.record_import(model)
    acceptance.require_verified_graph(task, route)
    if route.describe is not None:
        return acceptance.accept_written(task, folders, workers.exporter, workers.scanner)
    return acceptance.accept(task, folders, needs_of(model), importer, workers.scanner)
