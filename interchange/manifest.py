"""The manifest of a bundle: what it holds, as frozen data, checked field by field when it is read."""

from __future__ import annotations

import math
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from interchange import strictjson, training_files
from interchange.errors import Exit, Failure
from interchange.tensors import DTYPES
from interchange.values import are_facts

NAME = "manifest.json"
VERSION = "1.3"
MAX_BYTES = 64 * 2**20  # some 300,000 tensors; the largest Keras application has 1,200
MAX_ITEMS = 4_000_000  # values in it, which take far more memory than their bytes
MAX_RANK = 32  # what NumPy 1.26 can hold
RESERVED = ("id", "file", "dtype", "shape")
_FILE_NAME = re.compile(r"(assets/)?\w[\w-]*(\.[\w-]+)*", re.ASCII)
_TENSOR_ID = re.compile(r"t(0|[1-9][0-9]*)")
_VERSION = re.compile(r"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_EXPORT_AGAIN = "Export the model again; the bundle is damaged or was written by another program."


def invalid(rule: int, file: str, found: str, hint: str = _EXPORT_AGAIN) -> Failure:
    """The refusal of a bundle: the file, the number of the rule in docs/bundle-format.md, and what was found."""
    message = f"bundle file {file!r} breaks rule {rule} of docs/bundle-format.md: {found}"
    return Failure(Exit.BUNDLE, message, hint, detail={"rule": rule, "file": file})


def is_file_name(name: str) -> bool:
    """Whether a bundle may hold a file of that name: it stays below the folder on every operating system."""
    return _FILE_NAME.fullmatch(name) is not None and name != NAME


@dataclass(frozen=True)
class FileEntry:
    """What the manifest says about a file; `size` is in bytes, `sha256` in lower-case hexadecimal."""

    sha256: str
    size: int


@dataclass(frozen=True)
class TensorRow:
    """One tensor of the index. `dtype` is its real one, also where bits are stored; `facts` say what it is."""

    id: str
    file: str
    dtype: str
    shape: tuple[int, ...]
    facts: Mapping[str, Any] = field(hash=False)

    def to_json(self) -> dict[str, Any]:
        """The row as the manifest holds it."""
        return {**self.facts, "id": self.id, "file": self.file, "dtype": self.dtype, "shape": list(self.shape)}


@dataclass(frozen=True)
class Manifest:
    """Everything a bundle says about itself; see docs/bundle-format.md."""

    version: str
    producer: Mapping[str, str]
    source: Mapping[str, Any]
    files: Mapping[str, FileEntry]
    tensors: tuple[TensorRow, ...]

    def to_json(self) -> dict[str, Any]:
        """The JSON object that `parse` reads back."""
        return {
            "version": self.version,
            "producer": dict(self.producer),
            "source": dict(self.source),
            "files": {name: {"sha256": entry.sha256, "size": entry.size} for name, entry in self.files.items()},
            "tensors": [row.to_json() for row in self.tensors],
        }


def read(folder: Path) -> Manifest:
    """The checked manifest of a bundle folder. Raises Failure(Exit.BUNDLE)."""
    path = folder / NAME
    try:
        found = os.lstat(path)
    except OSError as error:
        raise invalid(1, NAME, f"it cannot be read ({error.strerror}), so the export did not finish") from None
    if not stat.S_ISREG(found.st_mode):
        raise invalid(1, NAME, "it is not a regular file")
    if found.st_size > MAX_BYTES:
        raise invalid(2, NAME, f"it has {found.st_size} bytes, more than {MAX_BYTES}")
    return parse(path.read_bytes())


def parse(data: bytes) -> Manifest:
    """The checked manifest of the bytes of a manifest file. Raises Failure(Exit.BUNDLE)."""
    if sum(map(data.count, (b",", b"[", b"{"))) > MAX_ITEMS:
        raise invalid(2, NAME, f"it holds more than {MAX_ITEMS:,} values")
    try:
        document = strictjson.parse(data)
    except ValueError as error:
        raise invalid(2, NAME, f"it is not strict JSON: {error}") from None
    top = _typed(document, dict, "the document")
    version = _version(top)
    producer = _typed(top.get("producer"), dict, "producer")
    source = _typed(top.get("source"), dict, "source")
    files = {name: _file(name, entry) for name, entry in _typed(top.get("files"), dict, "files").items()}
    tensors = tuple(_row(row, files) for row in _typed(top.get("tensors"), list, "tensors"))
    _refuse_duplicates(tensors)
    if (wrong := training_files.misnamed((row.id, row.file, row.facts) for row in tensors)) is not None:
        raise invalid(21, training_files.STATE, wrong)
    names = {name: _typed(text, str, "a producer's version") for name, text in producer.items()}
    return Manifest(version, names, source, files, tensors)


def _typed(value: Any, kind: type, what: str) -> Any:
    # bool is an int to isinstance, and never one to the format
    if type(value) is not kind:
        raise invalid(4, NAME, f"{what} is {type(value).__name__}, not {kind.__name__}")
    return value


def _version(top: Mapping[str, Any]) -> str:
    text: str = _typed(top.get("version"), str, "version")
    match = _VERSION.fullmatch(text)
    if match is None or match[1] != VERSION.partition(".")[0]:
        hint = f"This reader knows version {VERSION}; use the keras2to3 that wrote the bundle."
        raise invalid(3, NAME, f"the format version is {text!r}", hint)
    return text


def _file(name: str, entry: Any) -> FileEntry:
    if not is_file_name(name):
        raise invalid(5, NAME, f"{name!r} is no permitted file name")
    digest = _typed(_typed(entry, dict, name).get("sha256"), str, f"sha256 of {name}")
    size = _typed(entry.get("size"), int, f"size of {name}")
    if _DIGEST.fullmatch(digest) is None or size < 0:
        raise invalid(4, NAME, f"{name} has sha256 {digest!r} and size {size}")
    return FileEntry(digest, size)


def _row(row: Any, files: Mapping[str, FileEntry]) -> TensorRow:
    row = _typed(row, dict, "a tensor")
    tensor, file, dtype = (_typed(row.get(key), str, f"a tensor's {key}") for key in ("id", "file", "dtype"))
    if _TENSOR_ID.fullmatch(tensor) is None:
        raise invalid(10, NAME, f"{tensor!r} is no tensor id")
    if file not in files or not file.endswith(".npz"):
        raise invalid(11, NAME, f"{tensor} is said to be in {file!r}, which is no listed .npz file")
    if dtype not in DTYPES:
        raise invalid(12, NAME, f"{tensor} has the unknown dtype {dtype!r}")
    shape = _shape(_typed(row.get("shape"), list, f"the shape of {tensor}"), dtype, tensor)
    facts = {key: row[key] for key in row if key not in RESERVED}
    if not are_facts(facts, shape):
        told = {key: facts[key] for key in ("kind", "lengths") if key in facts}
        raise invalid(20, NAME, f"{tensor} of shape {shape} cannot be what is said of it: {str(told)[:200]}")
    return TensorRow(tensor, file, dtype, shape, facts)


def _shape(sizes: list[Any], dtype: str, tensor: str) -> tuple[int, ...]:
    shape: tuple[int, ...] = tuple(_typed(size, int, f"a dimension of {tensor}") for size in sizes)
    # NumPy computes strides from all dimensions, so a 0 among them hides no overflow
    nbytes = math.prod(max(size, 1) for size in shape) * DTYPES[dtype].itemsize
    if len(shape) > MAX_RANK or min(shape, default=0) < 0 or nbytes >= 2**63:
        raise invalid(13, NAME, f"{tensor} has the impossible shape {str(sizes)[:200]}")
    return shape


def _refuse_duplicates(tensors: tuple[TensorRow, ...]) -> None:
    seen: set[str] = set()
    for row in tensors:
        if row.id in seen:
            raise invalid(10, NAME, f"two tensors have the id {row.id}")
        seen.add(row.id)
