"""What each route asks of the two workers: a request of `interchange.protocol` for each `op`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from keras2to3.folders import Folders

if TYPE_CHECKING:
    from keras2to3.scanner.process.client import Scanner
    from keras2to3.task_state import Task

Request = Mapping[str, Any]


def to_exporter(op: str, task: Task, folders: Folders, scanner: Scanner) -> Request:
    """What the exporter is asked."""
    source, options = task.report.source, task.options
    about = {"name": task.job.source.name, **{key: source[key] for key in ("sha256", "format", "saved_by")}}
    return {
        "op": op,
        "source": str(task.source.real),
        "bundle": str(folders.bundle),
        "about": about,
        "part": options.part,
        "inputs": None if options.inputs is None else str(options.inputs.resolve()),
        "inputs_only": options.inputs_only,
        "budget": options.budget,
        **_EXPORTS[op](task, scanner),
    }


def _whole(task: Task, scanner: Scanner) -> Request:
    assert task.scanned is not None
    architecture = scanner.architecture(task.request) if task.scanned.needs_architecture else None
    told = {"architecture": architecture, "written_by": task.request.written_by}
    return {**told, "trust": task.request.trust, "replaced": task.scanned.replaced, "customs": _customs(task, "keras2")}


def _builder(task: Task) -> Request:
    assert task.request.builder is not None
    return {"builder": task.request.builder.to_json()}


_EXPORTS: Mapping[str, Callable[[Task, Scanner], Request]] = {
    "export": _whole,
    "export-weights": lambda task, _: _builder(task),
    "export-graph": lambda _, __: {},
}


def to_importer(op: str, task: Task, folders: Folders) -> Request:
    """What the importer is asked."""
    target = folders.draft / task.draft_name
    limits = {"rtol": task.options.rtol, "atol": task.options.atol}
    return {"op": op, "target": str(target), **limits, **_IMPORTS[op](task, folders)}


def _import(task: Task, folders: Folders) -> Request:
    assert task.scanned is not None
    return {"bundle": str(folders.bundle), "replaced": task.scanned.replaced, "customs": _customs(task, "keras3")}


def _fill(task: Task, folders: Folders) -> Request:
    options = task.options
    kind = "weights" if options.format == "weights" else "native"
    matching = {"map": dict(options.map), "part": options.part, "kind": kind}
    return {"bundle": str(folders.bundle), **_builder(task), **matching}


_IMPORTS: Mapping[str, Callable[[Task, Folders], Request]] = {
    "import": _import,
    "fill": _fill,
    "serve": lambda _, folders: {"bundle": str(folders.bundle)},
    "open": lambda task, folders: {"source": str(folders.lent / task.lent_name)},
}


def _customs(task: Task, side: str) -> Mapping[str, str] | None:
    """The user's file for one side, as `Customs.to_json` has it."""
    return (task.report.custom_objects or {}).get(side)
