"""Open an HDF5 file and take out what the decision needs: what its storage breaks, and what its root says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import h5py

from interchange.errors import Problem
from keras2to3.look import hdf5, heap
from keras2to3.look.document import short
from keras2to3.look.source import unreadable

_TEXTS = ("keras_version", "backend", "model_config", "training_config")


@dataclass(frozen=True)
class Contents:
    """A file's problems, the number of numbers it stores, and the texts and names at its root.

    A text is None where the attribute is missing, is no text, or breaks a law: then it was not read.
    """

    problems: tuple[Problem, ...]
    elements: int
    texts: Mapping[str, str | None]
    attributes: frozenset[str]
    members: frozenset[str]


def read(path: Path, size: int) -> Contents:
    """Read the HDF5 file at `path`, which has `size` bytes; a damaged one is a Failure (exit code 3)."""
    damaged = "Copy or download it again."
    try:
        if not heap.is_sound(path):
            raise unreadable(path, "is damaged: its texts cannot be read", damaged)
        # No lock: the file is only read, and may lie where locks are impossible.
        with h5py.File(path, "r", locking=False) as file:
            return _contents(file, size)
    except (OSError, RuntimeError, ValueError, KeyError, TypeError) as error:  # all of these are h5py's
        lines = str(error).strip("'\" ").splitlines()
        reason = short(lines[0] if lines else type(error).__name__, 160).rstrip(".")
        what = f"is damaged or cut short; HDF5 says: {reason}"
        raise unreadable(path, what, damaged) from error


def _contents(file: h5py.File, size: int) -> Contents:
    stored = hdf5.walk(file, size)
    if stored.exhausted:
        return Contents(tuple(stored.problems), stored.elements, {}, frozenset(), frozenset())
    unsafe = {problem.value for problem in stored.problems if problem.layer == "" and problem.key == "attribute"}
    texts = {key: None if key in unsafe else _text(file, key) for key in _TEXTS}
    attributes = frozenset(name for name in file.attrs if isinstance(name, str))  # bytes where it is no UTF-8
    return Contents(tuple(stored.problems), stored.elements, texts, attributes, frozenset(file))


def _text(file: h5py.File, key: str) -> str | None:
    """One attribute as text, whether h5py 2 or h5py 3 wrote it.

    HDF5 allocates what a text declares, up to 4 GiB, before it finds it is not there: only a limit on this process
    could bound that.
    """
    value = file.attrs.get(key)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else None
