"""Detect which container a path holds, by its bytes and not by its name."""

from __future__ import annotations

import fnmatch
import glob
import os
import re
import stat
from pathlib import Path
from typing import BinaryIO

from keras2to3.scanner.non_models import COPY_AGAIN, HEAD, is_text, no_folder, not_a_model, unreadable

SIGNATURE = b"\x89HDF\r\n\x1a\n"
_TABLE = b"\x57\xfb\x80\x8b\x24\x75\x47\xdb"  # the end of an index of TensorFlow
_MAX_YAML = 32 << 20
_YAML = re.compile(rb"""^["']?class_name["']?[ ]*:[ ]""", re.MULTILINE)
_QUOTED = re.compile(rb"""\"\s*\{\s*\\\"""")  # JSON within JSON, where the text of `to_json` was dumped once more
_TFJS = re.compile(rb"""\"(modelTopology|weightsManifest)\"\s*:|\"format\"\s*:\s*\"(layers|graph)-model\"""")
_SHARD = re.compile(r".+\.bin|group\d+-shard\d+of\d+")
SAVED_MODEL, BUNDLE, INDEX_SUFFIX = "saved_model.pb", "manifest.json", ".index"

KERAS_METADATA, INDEX, SAVED_MODEL_TEXT = "keras_metadata.pb", "variables/variables.index", "saved_model.pbtxt"


def container_of(path: Path) -> tuple[str, int]:
    """Which container is at `path`, and its size in bytes (0 for a folder); a Failure if it is not a supported one.

    The containers are `hdf5`, `zip`, `json`, `yaml`, `checkpoint`, and the folders `savedmodel` and `bundle`.
    Raises OSError as well.
    """
    try:
        kind = path.stat().st_mode
    except ValueError as error:  # a name that no system takes
        raise unreadable(path, f"cannot be read: {error}") from None
    if stat.S_ISDIR(kind):
        return _folder(path), 0
    if not stat.S_ISREG(kind):
        raise unreadable(path, "is not a regular file", "Give the path of a model.h5.")
    with path.open("rb") as file:
        size, head = os.fstat(file.fileno()).st_size, file.read(HEAD)
        container = _container_of(head, file, size)
    if container is None:
        raise not_a_model(path, head)
    return container, size


def _container_of(head: bytes, file: BinaryIO, size: int) -> str | None:
    """The first bytes decide: a zip archive may contain HDF5 at an offset where HDF5 looks for its signature."""
    if head.startswith(b"PK\x03\x04"):
        return "zip"
    if _has_signature(file, size):
        return "hdf5"
    if _is_table(file, size):
        return "checkpoint"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith(b"{") or _QUOTED.match(text):
        return "json"
    return "yaml" if is_text(head) and _names_a_class(file, size) else None


def _is_table(file: BinaryIO, size: int) -> bool:
    file.seek(max(0, size - len(_TABLE)))
    return file.read(len(_TABLE)) == _TABLE


def is_checkpoint(path: Path) -> bool:
    """Whether a file ends like the index of a checkpoint; False if it cannot be read."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return False
        with path.open("rb") as file:
            return _is_table(file, os.fstat(file.fileno()).st_size)
    except OSError:
        return False


def is_tfjs(path: Path) -> bool:
    """Whether a file begins like the `model.json` of TensorFlow.js; False if it cannot be read."""
    try:
        if path.suffix.lower() != ".json" or not stat.S_ISREG(path.stat().st_mode):
            return False
        with path.open("rb") as file:
            return _TFJS.search(file.read(HEAD)) is not None
    except OSError:
        return False


def companion_files(path: Path) -> list[Path]:
    """The files beside one that hold its tensors, those of a checkpoint or of TensorFlow.js, and no links."""
    if path.suffix == INDEX_SUFFIX:
        return checkpoint_shards(path)
    if not is_tfjs(path):
        return []
    candidates = (path.parent / name for name in sorted(os.listdir(path.parent)) if _SHARD.fullmatch(name))  # noqa: PTH208
    return [file for file in candidates if file.is_file() and not file.is_symlink()]


def checkpoint_shards(index: Path) -> list[Path]:
    """The files beside the index of a checkpoint that hold its tensors. Raises OSError, which a pattern would not."""
    pattern = f"{glob.escape(index.stem)}.data-?????-of-?????"
    candidates = [index.parent / name for name in fnmatch.filter(os.listdir(index.parent), pattern)]  # noqa: PTH208
    return sorted(path for path in candidates if path.is_file() and not path.is_symlink())


def _names_a_class(file: BinaryIO, size: int) -> bool:
    """The keys of an architecture in YAML stand in the order of the alphabet, so its class may stand far behind."""
    if size > _MAX_YAML:
        return False
    file.seek(0)
    return _YAML.search(file.read(_MAX_YAML)) is not None


def _folder(path: Path) -> str:
    if (path / SAVED_MODEL).exists():
        return "savedmodel"
    if (path / BUNDLE).exists():
        return "bundle"
    if (path / SAVED_MODEL_TEXT).exists():
        hint = "Load it with tf.saved_model.load and save it again with tf.saved_model.save."
        raise unreadable(path, f"holds the graph of a SavedModel as text, in {SAVED_MODEL_TEXT}", hint)
    if is_saved_model_without_graph(path):
        raise unreadable(path, f"is a SavedModel folder without its {SAVED_MODEL}", COPY_AGAIN)
    raise no_folder(path)


def is_saved_model_without_graph(path: Path) -> bool:
    """Whether a folder has parts of a SavedModel, but not the one that TensorFlow would load."""
    parts = (SAVED_MODEL_TEXT, KERAS_METADATA, INDEX)
    return not (path / SAVED_MODEL).exists() and any((path / name).is_file() for name in parts)


def _has_signature(file: BinaryIO, size: int) -> bool:
    """HDF5 allows a user block: the signature is at byte 0, 512, 1024, 2048 and so on."""
    at = 0
    while at < size:
        file.seek(at)
        if file.read(len(SIGNATURE)) == SIGNATURE:
            return True
        at = at * 2 or 512
    return False
