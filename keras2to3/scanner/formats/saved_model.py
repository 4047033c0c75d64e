"""A SavedModel folder: its graph, what Keras wrote beside it, its checkpoint and its assets."""

from __future__ import annotations

import math
import mmap
import os
import re
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from interchange.errors import Problem
from keras2to3.scanner import containers, model_files
from keras2to3.scanner.containers import KERAS_METADATA
from keras2to3.scanner.formats.objects import Described, model_of
from keras2to3.scanner.graph import policies
from keras2to3.scanner.non_models import COPY_AGAIN
from keras2to3.scanner.policies import Policy
from keras2to3.scanner.readers import checkpoint, metagraph
from keras2to3.scanner.readers.json_document import short
from keras2to3.scanner.readers.metagraph import Asset
from keras2to3.scanner.readers.protobuf import MalformedError, fields, integers, joined, messages, text_of
from keras2to3.scanner.safe_names import is_safe_path
from keras2to3.scanner.scanned_file import ScannedFile, StoredTensor
from translation import training_state

MAX_GRAPH = 512 << 20
# Files that TensorFlow, or one version of it, would read in place of those scanned: a graph as text or in pieces, and
# the checkpoint of TensorFlow 1, which it reads if there is no index.
_COMPETING_FILES = re.compile(r"saved_model\.(pbtxt|cpb)|variables/variables(-\d{5}-of-\d{5})?")
_STALE = -1  # stands for an object of another graph, which must not violate a policy either
_DEBUG_INFO = "debug/saved_model_debug_info.pb"
_SAVE_AGAIN = "Copy it again, or load it in the Keras that made it and save it with model.save('model.h5')."


@dataclass
class _Parts:
    """The findings of each part."""

    problems: list[Problem] = field(default_factory=list)
    version: str | None = None
    objects: list[Described] = field(default_factory=list)
    assets: set[str] = field(default_factory=set)
    has_variables: bool = False
    is_stale: bool = False  # whether the metadata in a file of their own are not those of this graph
    lost: list[str] = field(default_factory=list)  # what lacks or is damaged, as a text


def examine(path: Path) -> ScannedFile:
    """Scan a SavedModel folder."""
    parts = _Parts([*_links(path), *_competing_files(path)])
    _read(path / containers.SAVED_MODEL, parts, _of_saved_model)
    _read(path / _DEBUG_INFO, parts, _of_debug_info)
    if (path / KERAS_METADATA).is_file():
        # Up to TensorFlow 2.4 the metadata is in the graph of objects, and the file is left from an earlier model.
        parts.is_stale = any(thing.json for thing in parts.objects if thing.number == 0)
        if not parts.is_stale:
            parts.objects.clear()
        _read(path / KERAS_METADATA, parts, _of_metadata)
    tensors = tuple(_tensors(path / "variables", parts))
    elements = sum(math.prod(tensor.shape) for tensor in tensors)
    config, training = model_of(parts.objects, parts.assets, elements, parts.problems)
    parts.problems += [Problem("", "SavedModel", text, unblock=COPY_AGAIN) for text in parts.lost]
    return ScannedFile(
        path=path,
        format="savedmodel",
        saved_by={"keras_version": parts.version, "backend": "tensorflow"},
        architecture=config,
        training=training.config,
        unreadable_training=training.unreadable,
        has_optimizer=any(_is_of_optimizer(tensor.name) for tensor in tensors),
        size=model_files.total_size(model_files.files_of(path)),
        tensors=tensors,
        problems=tuple(parts.problems),
        incomplete="; ".join(parts.lost),
    )


def _is_of_optimizer(name: str) -> bool:
    """Whether a tensor is the state of an optimizer: Keras has numbered them since 2.11."""
    return f"/{training_state.SLOT}/" in name or name.startswith("optimizer/_variables/")


def _links(path: Path) -> Iterator[Problem]:
    for parent, folders, names in model_files.walk(path):
        for name in (*folders, *names):
            inner = Path(parent, name)
            mode = os.lstat(inner).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                shown = short(inner.relative_to(path).as_posix())
                yield Policy.OTHER_FILES.violation(
                    shown, "SavedModel file", "a SavedModel must not contain a link or a device"
                )


def _competing_files(path: Path) -> Iterator[Problem]:
    for folder in (path, path / "variables"):
        for found in sorted(folder.iterdir()) if folder.is_dir() and not folder.is_symlink() else ():
            inner = found.relative_to(path).as_posix()
            if _COMPETING_FILES.fullmatch(inner):
                text = "it duplicates what the folder has: two readers may use different ones"
                yield Policy.FORM.violation(short(inner), "SavedModel file", text)


def _read(path: Path, parts: _Parts, judge: Callable[[memoryview, _Parts], None]) -> None:
    """Hand the bytes of a file to `judge`.

    A graph that cannot be parsed is unsafe. Metadata that cannot be parsed is not, because it is not loaded: git may
    have changed its line ends.
    """
    if path.is_symlink() or not path.is_file():
        return  # reported among the links
    if (size := path.stat().st_size) > MAX_GRAPH:
        parts.problems.append(
            Policy.LIMITS.violation("", path.name, f"it has {size:,} bytes, more than any model needs")
        )
        return
    try:
        judge(_mapped(path, size), parts)
    except MalformedError as error:
        text = f"it is damaged, or holds what no SavedModel holds: {error}"
        broken = Policy.FORM.violation("", path.name, text, instead=_SAVE_AGAIN)
        parts.problems.append(broken if path.name == containers.SAVED_MODEL else replace(broken, policy=None))


def _mapped(path: Path, size: int) -> memoryview:
    """The bytes of a file, mapped into memory."""
    if size == 0:
        return memoryview(b"")
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _of_saved_model(message: memoryview, parts: _Parts) -> None:
    for number, meta_graph in fields(message):
        if number > 2:
            raise MalformedError("a part that no TensorFlow up to 2.20 knows")
        if number == 2 and isinstance(meta_graph, memoryview):
            _of_meta_graph(meta_graph, parts)


def _of_meta_graph(message: memoryview, parts: _Parts) -> None:
    for info in messages(message, 1):
        parts.version = short(text_of(info, 5)) or parts.version
    for index, thing in enumerate(messages(joined(message, 7), 1)):
        parts.has_variables = parts.has_variables or bool([*messages(thing, 7)])
        parts.objects += [Described(index, f"object {index}", text_of(user, 3)) for user in messages(thing, 4)]
    for number in (1, 2, 3, 7):
        if sum(found == number for found, _ in fields(message)) > 1:  # read as one all the same
            text = "a duplicate part of the graph"
            parts.problems.append(Policy.FORM.violation("", containers.SAVED_MODEL, text, instead=_SAVE_AGAIN))
    meta = metagraph.read(message)
    parts.problems += _of_assets(meta.assets, parts)
    parts.problems += policies.problems_of(joined(message, 2), meta)


def _of_assets(assets: Iterable[Asset], parts: _Parts) -> Iterator[Problem]:
    for asset in assets:
        parts.assets.add(asset.filename)
        if not is_safe_path(asset.filename):
            text = "an asset outside the folder of assets is never read"
            yield Policy.OTHER_FILES.violation("", "SavedModel asset", text, "filename", short(asset.filename))


def _of_debug_info(message: memoryview, _: _Parts) -> None:
    for _number, _value in fields(message):
        pass  # TensorFlow reads it to its end, and takes nothing from it but where a node came from


def _of_metadata(message: memoryview, parts: _Parts) -> None:
    for node in messages(message, 1):
        number = _STALE if parts.is_stale else sum(integers(node, 2))  # a zero is not written
        parts.objects.append(Described(number, text_of(node, 3), text_of(node, 5)))


def _tensors(folder: Path, parts: _Parts) -> Iterator[StoredTensor]:
    index = folder / "variables.index"
    if folder.is_symlink() or index.is_symlink():
        return  # reported among the links
    if not index.is_file():
        parts.lost += ["variables/variables.index is missing"] if parts.has_variables else []
        return
    lost: list[str] = []
    try:
        yield from checkpoint.tensors(folder, "variables", parts.problems, lost)
    except MalformedError as error:
        parts.lost.append(f"variables/variables.index is damaged: {error}")
    parts.lost += [f"variables/{name} is missing" for name in lost]
