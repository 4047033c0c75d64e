"""Read an HDF5 file: the policies that its storage violates, the attributes of its root, and its tensors."""

from __future__ import annotations

import contextlib
import math
import mmap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import h5py
import numpy as np

from interchange.errors import Problem
from keras2to3.scanner.readers import chunks, hdf5_heap, hdf5_objects, hdf5_tree
from keras2to3.scanner.readers.file_slice import FileSlice, SliceReader
from keras2to3.scanner.readers.hdf5_headers import Headers, UnknownLayoutError
from keras2to3.scanner.readers.json_document import short
from keras2to3.scanner.scanned_file import StoredTensor, no_blocks

_MOST_AT_ONCE = 64 << 20
_TEXTS = ("keras_version", "backend", "model_config", "training_config")


class DamagedError(ValueError):
    """The bytes are no readable HDF5; the message is the reason."""


@dataclass(frozen=True)
class Contents:
    """A file's problems, the number of numbers it stores, its tensors and groups, and the texts and names at its root.

    A text is None where the attribute is missing, is no text in UTF-8, or breaks a policy: then it was not read.
    """

    problems: tuple[Problem, ...]
    elements: int
    tensors: tuple[StoredTensor, ...]
    texts: Mapping[str, str | None]
    attributes: frozenset[str]
    members: frozenset[str]
    groups: tuple[str, ...] = ()


def read(window: FileSlice) -> Contents:
    """Read the HDF5 file in the slice. Raises DamagedError."""
    with _opened(window) as (file, part), _mapped(part) as (data, end):
        return _contents(file, window, Headers.of(data, part.start, end))


@contextlib.contextmanager
def _mapped(part: SliceReader) -> Iterator[tuple[mmap.mmap, int]]:
    """The bytes of the file below, and where the part ends in them; its heaps were gone through."""
    with mmap.mmap(part.file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        end = min(part.start + part.size, len(data))
        if not hdf5_heap.is_sound(data, part.start, end):
            raise DamagedError("is damaged: its texts cannot be read")
        yield data, end


@contextlib.contextmanager
def _opened(window: FileSlice) -> Iterator[tuple[h5py.File, SliceReader]]:
    """Open the slice as an HDF5 file."""
    try:
        with window.open() as part, _file(window, part) as file:
            yield file, part
    except (DamagedError, MemoryError):
        raise
    except UnknownLayoutError as error:
        raise DamagedError(f"is damaged: {error}") from error
    except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:  # all of these are h5py's
        lines = str(error).strip("'\" ").splitlines()
        reason = short(lines[0] if lines else type(error).__name__, 160).rstrip(".")
        raise DamagedError(f"is damaged or cut short; HDF5 says: {reason}") from error


def _file(window: FileSlice, part: SliceReader) -> h5py.File:
    """A whole file is read by HDF5 itself, which is three times as fast.

    Without a lock: the file is only read, and may be on a file system without locks, or locked by another process.
    """
    return h5py.File(part) if window.whole is None else h5py.File(window.whole, "r", locking=False)


def _contents(file: h5py.File, window: FileSlice, headers: Headers) -> Contents:
    stored = hdf5_objects.walk(file, window.size, headers)
    if stored.exhausted:
        return Contents(tuple(stored.problems), stored.elements, (), {}, frozenset(), frozenset())
    unsafe = {problem.value for problem in stored.problems if problem.layer == "" and problem.key == "attribute"}
    texts = {key: None if key in unsafe else _text(file, key) for key in _TEXTS}
    attributes = frozenset(name for name in file.attrs if isinstance(name, str))  # bytes where it is not UTF-8
    tensors = tuple(_tensor(array, window) for array in stored.arrays)
    members, groups = frozenset(file), tuple(stored.groups)
    return Contents(tuple(stored.problems), stored.elements, tensors, texts, attributes, members, groups)


def _tensor(array: hdf5_tree.StoredArray, window: FileSlice) -> StoredTensor:
    blocks = no_blocks if array.dtype in ("string", "bfloat16") else lambda: _blocks(array, window)
    return StoredTensor(array.path, array.shape, array.dtype, array.bytes, blocks)


def _blocks(array: hdf5_tree.StoredArray, window: FileSlice) -> Iterator[np.ndarray]:
    with _opened(window) as (file, _):
        dataset = file[array.place]
        rows = _rows_at_once(dataset)
        for piece in chunks.of(array.shape, dataset.dtype.itemsize, rows) if rows else ():
            yield np.asarray(dataset[piece])


def _rows_at_once(dataset: h5py.Dataset) -> int:
    """The number of rows to read at once so that no chunk is unpacked twice; 0 if they do not fit into memory."""
    if not dataset.chunks:
        return 1
    rows: int = dataset.chunks[0]
    return rows if rows * math.prod(dataset.shape[1:]) * dataset.dtype.itemsize <= _MOST_AT_ONCE else 0


def _text(file: h5py.File, key: str) -> str | None:
    """One attribute as text, whether h5py 2 or h5py 3 wrote it; what it declares is in the file, as the walk found."""
    value = file.attrs.get(key)
    try:
        if isinstance(value, str):
            value.encode()  # h5py makes surrogates of what is not UTF-8
        return value.decode() if isinstance(value, bytes) else value if isinstance(value, str) else None
    except UnicodeError:
        return None
