"""What each route asks of the two workers, by the `op` of `interchange.messages.requests`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interchange.messages.request import Request
from interchange.messages.requests import (
    CompareRequest,
    DescribeRequest,
    ExportGraphRequest,
    ExportRequest,
    ExportWeightsRequest,
    FillRequest,
    ImportRequest,
    OpenRequest,
    ProbeOptions,
    ServeRequest,
    SourceFacts,
    ToleranceOptions,
    WriteRequest,
)
from interchange.user_files.custom_objects import CustomObjectsFile
from interchange.user_files.replacements import by_path
from keras2to3.folders import Folders
from keras2to3.scanner.process.client import Configs
from keras2to3.task_state import ORIGIN

if TYPE_CHECKING:
    from keras2to3.scanner.process.client import Scanner
    from keras2to3.task_state import Task


def to_exporter(op: str, task: Task, folders: Folders, scanner: Scanner) -> Request[Any]:
    """What the exporter is asked."""
    return _EXPORTS[op](task, folders, scanner)


def _about(task: Task) -> SourceFacts:
    source = task.report.source
    return SourceFacts(task.job.source.name, source["sha256"], source["format"], source["saved_by"])


def _probes(task: Task) -> ProbeOptions:
    options = task.options
    return ProbeOptions(options.inputs and options.inputs.resolve(), options.budget, options.inputs_only)


def _whole(task: Task, folders: Folders, scanner: Scanner) -> ExportRequest:
    assert task.scanned is not None
    configs = scanner.configs(task.request) if task.scanned.needs_architecture else Configs()
    return ExportRequest(
        task.source.real,
        folders.bundle,
        _about(task),
        task.request.trust,
        by_path(task.scanned.replaced),
        _customs(task, "keras2"),
        configs.architecture,
        task.request.written_by,
        task.options.part,
        _probes(task),
        task.options.no_optimizer,
        configs.training,
        task.scanned.unreadable_training,
    )


def _weights(task: Task, folders: Folders, _: Scanner) -> ExportWeightsRequest:
    builder, part = task.request.builder, task.options.part
    assert builder is not None
    return ExportWeightsRequest(task.source.real, folders.bundle, _about(task), builder, part, _probes(task))


def _graph(task: Task, folders: Folders, _: Scanner) -> ExportGraphRequest:
    return ExportGraphRequest(task.source.real, folders.bundle, _about(task), _probes(task))


def _write(task: Task, folders: Folders, _: Scanner) -> WriteRequest:
    target = folders.written(task.draft_name)
    customs = _customs(task, "keras2")
    return WriteRequest(
        folders.lent_description, target, folders.bundle, _about(task), task.options.format, customs, _probes(task)
    )


_EXPORTS: Mapping[str, Callable[[Task, Folders, Scanner], Request[Any]]] = {
    ExportRequest.op: _whole,
    ExportWeightsRequest.op: _weights,
    ExportGraphRequest.op: _graph,
    WriteRequest.op: _write,
}


def to_importer(op: str, task: Task, folders: Folders) -> Request[Any]:
    """What the importer is asked."""
    return _IMPORTS[op](task, folders)


def _target(task: Task, folders: Folders) -> Path:
    return folders.draft / task.draft_name


def _tolerances(task: Task) -> ToleranceOptions:
    return ToleranceOptions(task.options.rtol, task.options.atol)


def _import(task: Task, folders: Folders) -> ImportRequest:
    assert task.scanned is not None
    given = by_path(task.scanned.replaced), _customs(task, "keras3")
    return ImportRequest(folders.bundle, _target(task, folders), *given, _tolerances(task), task.options.html)


def _fill(task: Task, folders: Folders) -> FillRequest:
    options, builder = task.options, task.request.builder
    assert builder is not None
    kind = "weights" if options.format == "weights" else "native"
    matching = (builder, dict(options.map), kind, options.part)
    return FillRequest(folders.bundle, _target(task, folders), *matching, _tolerances(task))


def _serve(task: Task, folders: Folders) -> ServeRequest:
    return ServeRequest(folders.bundle, _target(task, folders), _tolerances(task))


def _open(task: Task, folders: Folders) -> OpenRequest:
    return OpenRequest(folders.lent / task.lent_name, _target(task, folders), _tolerances(task))


def _described(task: Task, folders: Folders) -> DescribeRequest:
    origin, customs = _origin(task, folders), _customs(task, "keras3")
    return DescribeRequest(
        folders.lent / task.lent_name, folders.description, origin, customs, task.options.no_optimizer
    )


def _compare(task: Task, folders: Folders) -> CompareRequest:
    return CompareRequest(
        folders.lent / task.lent_name,
        folders.bundle,
        _origin(task, folders),
        _customs(task, "keras3"),
        _tolerances(task),
    )


def _origin(task: Task, folders: Folders) -> Path | None:
    return None if task.origin is None else folders.lent / ORIGIN


_IMPORTS: Mapping[str, Callable[[Task, Folders], Request[Any]]] = {
    ImportRequest.op: _import,
    FillRequest.op: _fill,
    ServeRequest.op: _serve,
    OpenRequest.op: _open,
    DescribeRequest.op: _described,
    CompareRequest.op: _compare,
}


def _customs(task: Task, side: str) -> CustomObjectsFile | None:
    """The user's file for one side."""
    return (task.report.custom_objects or {}).get(side)
