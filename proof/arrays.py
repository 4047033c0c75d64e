"""Arrays in a file by their place: strings as such, and what NumPy does not know as numbers with a name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np


def write(path: Path, arrays: Sequence[np.ndarray]) -> None:
    """Write arrays in order."""
    stored: dict[str, Any] = {}
    for place, array in enumerate(arrays):
        name = str(array.dtype) if array.dtype.kind != "O" else "string"
        stored[f"{place:03} {name}"] = _plain(array)
    np.savez(path, **stored)


def read(path: Path) -> list[tuple[str, np.ndarray]]:
    """The arrays in order, each with the name of its dtype; bfloat16 is read as float32."""
    with np.load(path) as stored:
        return [(name.partition(" ")[2], stored[name]) for name in sorted(stored.files)]


def _plain(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind == "O":
        return np.array([word.decode() if isinstance(word, bytes) else str(word) for word in array.ravel()]).reshape(
            array.shape
        )
    return array.astype("float32") if array.dtype.name == "bfloat16" else array
