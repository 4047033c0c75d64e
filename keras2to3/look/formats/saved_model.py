"""A SavedModel folder: its graph, what Keras wrote beside it, its checkpoint and its assets."""

from __future__ import annotations

import math
import mmap
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from interchange.errors import Problem
from keras2to3.look import graph, source
from keras2to3.look.formats.objects import Described, model_of
from keras2to3.look.laws import Law
from keras2to3.look.plain import is_plain_path
from keras2to3.look.readers import checkpoint
from keras2to3.look.readers.document import short
from keras2to3.look.readers.protobuf import MalformedError, integers, joined, messages, text_of
from keras2to3.look.seen import Look, StoredTensor
from keras2to3.look.source import AS_TEXT, COPY_AGAIN, KERAS_METADATA

MAX_GRAPH = 512 << 20
_SAVE_AGAIN = "Copy it again, or load it in the Keras that made it and save it with model.save('model.h5')."


@dataclass
class _Parts:
    """What is found part by part."""

    problems: list[Problem] = field(default_factory=list)
    version: str | None = None
    objects: list[Described] = field(default_factory=list)
    assets: set[str] = field(default_factory=set)
    has_variables: bool = False
    lost: list[str] = field(default_factory=list)  # what lacks or is damaged, as a text


def examine(path: Path) -> Look:
    """Look at a SavedModel folder."""
    parts = _Parts([*_links(path), *_twins(path)])
    _read(path / source.SAVED_MODEL, parts, _of_saved_model)
    if (path / KERAS_METADATA).is_file():
        parts.objects.clear()  # up to TensorFlow 2.4 it stood in the graph of objects
        _read(path / KERAS_METADATA, parts, _of_metadata)
    tensors = tuple(_tensors(path / "variables", parts))
    elements = sum(math.prod(tensor.shape) for tensor in tensors)
    config, training = model_of(parts.objects, parts.assets, elements, parts.problems)
    parts.problems += [Problem("", "SavedModel", text, unblock=COPY_AGAIN) for text in parts.lost]
    return Look(
        path=path,
        format="savedmodel",
        saved_by={"keras_version": parts.version, "backend": "tensorflow"},
        architecture=config,
        training=training,
        has_optimizer=any("OPTIMIZER_SLOT" in tensor.name for tensor in tensors),
        size=sum(file.stat().st_size for file in source.files_of(path)),
        tensors=tensors,
        problems=tuple(parts.problems),
        incomplete="; ".join(parts.lost),
    )


def _links(path: Path) -> Iterator[Problem]:
    for parent, folders, names in os.walk(path, followlinks=False):
        for name in (*folders, *names):
            inner = Path(parent, name)
            mode = os.lstat(inner).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                shown = short(inner.relative_to(path).as_posix())
                yield Law.OTHER_FILES.broken(
                    shown, "SavedModel file", "a link or a device has no place in a SavedModel"
                )


def _twins(path: Path) -> Iterator[Problem]:
    if (path / AS_TEXT).exists():
        text = f"it holds its graph twice, in {source.SAVED_MODEL} and {AS_TEXT}: two readers may take different ones"
        yield Law.FORM.broken("", "SavedModel file", text)


def _read(path: Path, parts: _Parts, judge: Callable[[memoryview, _Parts], None]) -> None:
    """Hand the bytes of a file to `judge`.

    A graph that cannot be read to its end may hold anything; metadata that cannot be read is read by nobody, and the
    ends of lines that git has changed in it are no attack.
    """
    if path.is_symlink() or not path.is_file():
        return  # told among the links
    if (size := path.stat().st_size) > MAX_GRAPH:
        parts.problems.append(Law.LIMITS.broken("", path.name, f"it has {size:,} bytes, which is absurd"))
        return
    try:
        judge(_mapped(path, size), parts)
    except MalformedError as error:
        text = f"it is damaged: {error}"
        broken = Law.FORM.broken("", path.name, text, instead=_SAVE_AGAIN)
        parts.problems.append(broken if path.name == source.SAVED_MODEL else replace(broken, law=None))


def _mapped(path: Path, size: int) -> memoryview:
    """The bytes of a file, which take no memory before they are read."""
    if size == 0:
        return memoryview(b"")
    with path.open("rb") as file:
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _of_saved_model(message: memoryview, parts: _Parts) -> None:
    for meta_graph in messages(message, 2):
        for info in messages(meta_graph, 1):
            parts.version = short(text_of(info, 5)) or parts.version
        assets = frozenset(_assets(meta_graph, parts))
        objects = joined(meta_graph, 7)
        for index, thing in enumerate(messages(objects, 1)):
            parts.has_variables = parts.has_variables or bool([*messages(thing, 7)])
            parts.objects += [Described(index, f"object {index}", text_of(user, 3)) for user in messages(thing, 4)]
        parts.problems += graph.problems_of(joined(meta_graph, 2), assets, dict(_captures(objects)))


def _captures(objects: memoryview) -> Iterator[tuple[str, tuple[bool, ...]]]:
    """For each function what it is given by the model itself, as its last arguments: whether that is an asset."""
    assets = {index for index, thing in enumerate(messages(objects, 1)) if [*messages(thing, 5)]}
    for entry in messages(objects, 2):
        for function in messages(entry, 2):
            yield text_of(entry, 1), tuple(index in assets for index in integers(function, 2))


def _assets(meta_graph: memoryview, parts: _Parts) -> Iterator[str]:
    """The nodes that are given the path of an asset."""
    for asset in messages(meta_graph, 6):
        name = text_of(asset, 2)
        parts.assets.add(name)
        if not is_plain_path(name):
            found = "an asset outside the folder of assets is never read"
            parts.problems.append(Law.OTHER_FILES.broken("", "SavedModel asset", found, "filename", short(name)))
        for info in messages(asset, 1):
            yield text_of(info, 1).partition(":")[0]


def _of_metadata(message: memoryview, parts: _Parts) -> None:
    for node in messages(message, 1):
        number = sum(integers(node, 2))  # a zero is not written
        parts.objects.append(Described(number, text_of(node, 3), text_of(node, 5)))


def _tensors(folder: Path, parts: _Parts) -> Iterator[StoredTensor]:
    index = folder / "variables.index"
    if folder.is_symlink() or index.is_symlink():
        return  # told among the links
    if not index.is_file():
        parts.lost += ["variables/variables.index is missing"] if parts.has_variables else []
        return
    lost: list[str] = []
    try:
        yield from checkpoint.tensors(folder, "variables", parts.problems, lost)
    except MalformedError as error:
        parts.lost.append(f"variables/variables.index is damaged: {error}")
    parts.lost += [f"variables/{name} is missing" for name in lost]
