"""Accept what the workers have written: a result is a model that contains no code.

The workers run what a model contains, so the command checks what they write and copies it to where no
worker writes. What a model computes is compared by the importer alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interchange.errors import Exit, Failure
from interchange.messages.results import Needs
from interchange.messages.verification import GraphComparison
from interchange.user_files.custom_objects import MODULE
from keras2to3 import install_paths
from keras2to3.results import collect
from keras2to3.scanner.model_files import digest_folder, digest_of
from keras2to3.task_state import Result, Task
from keras2to3.user_files.custom_objects import DefinitionsFile

if TYPE_CHECKING:
    from keras2to3.executors.worker import Worker
    from keras2to3.folders import Folders
    from keras2to3.routes import Route
    from keras2to3.scanner.process.client import Scanner

_LAYER = Path("importer", "graph_alone", "served_model.py")


class InvalidOutputError(Exception):
    """A worker has written something that it never should; the message says what."""


def require_plain_bundle(bundle: Path, exporter: Worker) -> None:
    """Stop the exporter and raise `Failure` unless its bundle is a folder of regular files."""
    try:
        collect.require_plain(bundle)
    except collect.NotRegularError as error:
        raise exporter.distrusted(f"has written {error} in place of its bundle") from error


def lend_description(folders: Folders, importer: Worker) -> None:
    """Copy what the importer has written for the exporter to where no worker writes."""
    try:
        collect.folder(folders.description, folders.lent_description)
    except collect.NotRegularError as error:
        raise importer.distrusted(f"has written {error} in place of its bundle") from error


def require_unaltered(task: Task, route: Route, folders: Folders) -> None:
    """Raise `Failure` if the importer has changed the copy of the source that the user gets unchanged."""
    copy = folders.draft / task.draft_name / "saved_model" if route.needs_source else folders.lent / task.lent_name
    if (route.needs_source or route.lends_source) and digest_of(copy) != task.source.sha256:
        text = f"the importer changed its copy of {task.job.source}, so it is not used"
        raise Failure(Exit.WORKER_DIED, text, "Treat this model as hostile.")


def require_verified_graph(task: Task, route: Route) -> None:
    """Without its class, only the graph in a model's file shows whether the model computes what its layers do."""
    assert task.scanned is not None
    graph = (task.report.verification and task.report.verification.graph) or GraphComparison(
        None, "the graph was not run"
    )
    if task.scanned.is_on_trial and not route.needs_source and graph.agrees is None:
        raise Failure(Exit.REFUSED, f"what its class computes besides its layers is unknown: {graph.text}")


def accept(task: Task, folders: Folders, needs: Needs | None, importer: Worker, scanner: Scanner) -> Result:
    """Copy the importer's result to where no worker writes, and scan the copy. Raises `Failure`."""
    customs = task.request.custom_files
    output, target = task.output, folders.private / task.draft_name
    try:
        _require_known(needs, customs.new)
        if output.scanned_as is None:
            sha256 = _serve(target, task.source.copy)
        else:
            sha256 = _copy(folders.draft / task.draft_name, target)
            _require_sound(target, output.scanned_as, lambda path: scanner.result(path, names=customs.new_names))
    except InvalidOutputError as error:
        raise importer.distrusted(f"has written {error}") from error
    return Result(target, sha256, output, needs)


def accept_written(task: Task, folders: Folders, exporter: Worker, scanner: Scanner) -> Result:
    """Copy the model that the exporter has written to where no worker writes, and scan it. Raises `Failure`."""
    output, target = task.output, folders.private / task.draft_name
    assert output.scanned_as is not None
    customs = task.request.custom_files
    try:
        _require_known(task.needs, customs.old)
        sha256 = _copy(folders.written(task.draft_name), target)
        _require_sound(target, output.scanned_as, lambda path: scanner.result(path, names=customs.names))
    except InvalidOutputError as error:
        raise exporter.distrusted(f"has written {error}") from error
    return Result(target, sha256, output, task.needs)


def _copy(draft: Path, target: Path) -> str:
    """Copy a file or folder; returns its SHA-256."""
    try:
        if draft.is_dir() and not draft.is_symlink():
            collect.folder(draft, target)
            return digest_folder(target)
        return collect.file(draft.parent, draft.name, target)
    except collect.NotRegularError as error:
        raise InvalidOutputError(f"{error} in place of its result") from error


def _require_known(needs: Needs | None, given: DefinitionsFile | None) -> None:
    """Raise InvalidOutputError unless a result needs only the user's own file, which its users are told to import."""
    own = {given.customs.name.removesuffix(".py"), MODULE} if given else set()
    if needs and needs.module not in own:
        raise InvalidOutputError(f"that its result needs {needs.module}")


def _serve(target: Path, copy_source: Callable[[Path], None]) -> str:
    """A served SavedModel consists of the source and of one of our files; nothing is copied from the worker."""
    target.mkdir()
    copy_source(target / "saved_model")
    shutil.copyfile(install_paths.payload() / _LAYER, target / _LAYER.name)
    return digest_folder(target)


def _require_sound(result: Path, format_: str, scan: Callable[[Path], Mapping[str, Any]]) -> None:
    """Raise InvalidOutputError unless the scan passes the file, which may name the user's own classes."""
    try:
        scanned = scan(result)
    except Failure as failure:
        if failure.code in (Exit.ENVIRONMENT, Exit.INTERRUPTED):
            raise
        raise InvalidOutputError(f"no model: {failure.message.removeprefix(f'{result} ')}") from failure
    if scanned["broken"] or scanned["format"] != format_:
        what = (
            f"that breaks the policy {scanned['broken']}" if scanned["broken"] else f"in the format {scanned['format']}"
        )
        raise InvalidOutputError(f"a model {what}")
