"""Open an HDF5 file and take out what the decision needs: what its storage breaks, and what its root says."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import h5py
import numpy as np

from interchange.errors import Problem
from keras2to3.look.readers import hdf5, heap, pieces
from keras2to3.look.readers.document import short
from keras2to3.look.readers.window import Window
from keras2to3.look.seen import StoredTensor, nothing

_TEXTS = ("keras_version", "backend", "model_config", "training_config")


class DamagedError(ValueError):
    """The bytes are no HDF5 that can be read to its end; the message says why."""


@dataclass(frozen=True)
class Contents:
    """A file's problems, the number of numbers it stores, its tensors and groups, and the texts and names at its root.

    A text is None where the attribute is missing, is no text, or breaks a law: then it was not read.
    """

    problems: tuple[Problem, ...]
    elements: int
    tensors: tuple[StoredTensor, ...]
    texts: Mapping[str, str | None]
    attributes: frozenset[str]
    members: frozenset[str]
    groups: tuple[str, ...] = ()


def read(window: Window) -> Contents:
    """Read the HDF5 file that lies in the window. Raises DamagedError."""
    with _opened(window) as file:
        return _contents(file, window)


@contextlib.contextmanager
def _opened(window: Window, texts: bool = True) -> Iterator[h5py.File]:
    """The file; without `texts` its heaps are not gone through, which takes longer the larger the file is."""
    try:
        with window.open() as part:
            if texts and not heap.is_sound(part):
                raise DamagedError("is damaged: its texts cannot be read")
            # A file of its own is read by HDF5 itself, which is three times as quick. No lock: it is only read, and may
            # lie where locks are impossible.
            with h5py.File(part) if window.whole is None else h5py.File(window.whole, "r", locking=False) as file:
                yield file
    except DamagedError:
        raise
    except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:  # all of these are h5py's
        lines = str(error).strip("'\" ").splitlines()
        reason = short(lines[0] if lines else type(error).__name__, 160).rstrip(".")
        raise DamagedError(f"is damaged or cut short; HDF5 says: {reason}") from error


def _contents(file: h5py.File, window: Window) -> Contents:
    stored = hdf5.walk(file, window.size)
    if stored.exhausted:
        return Contents(tuple(stored.problems), stored.elements, (), {}, frozenset(), frozenset())
    unsafe = {problem.value for problem in stored.problems if problem.layer == "" and problem.key == "attribute"}
    texts = {key: None if key in unsafe else _text(file, key) for key in _TEXTS}
    attributes = frozenset(name for name in file.attrs if isinstance(name, str))  # bytes where it is no UTF-8
    tensors = tuple(_tensor(array, window) for array in stored.arrays)
    members, groups = frozenset(file), tuple(stored.groups)
    return Contents(tuple(stored.problems), stored.elements, tensors, texts, attributes, members, groups)


def _tensor(array: hdf5.StoredArray, window: Window) -> StoredTensor:
    blocks = nothing if array.dtype == "string" else lambda: _blocks(array, window)
    return StoredTensor(array.path, array.shape, array.dtype, array.bytes, blocks)


def _blocks(array: hdf5.StoredArray, window: Window) -> Iterator[np.ndarray]:
    with _opened(window, texts=False) as file:  # numbers lie in no heap
        dataset = file[array.path]
        for piece in pieces.of(array.shape, dataset.dtype.itemsize):
            yield np.asarray(dataset[piece])


def _text(file: h5py.File, key: str) -> str | None:
    """One attribute as text, whether h5py 2 or h5py 3 wrote it.

    HDF5 allocates what a text declares, up to 4 GiB, before it finds it is not there: only a limit on this process
    could bound that.
    """
    value = file.attrs.get(key)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else None
