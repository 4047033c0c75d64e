"""Write an optimizer that begins anew without the room that its slots take: all of a slot is one number.

HDF5 stores a dataset in chunks, and gives for a chunk that was never written the number that the dataset is filled
with. One chunk of each is written, for Keras and the scanner take a file for a bomb that declares much more than it
stores.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

_PARTS = 32  # far below the 64 and 1000 times that the scanner and Keras allow
_LEAST = 1 << 14  # bytes of a slot that is worth it
_LARGEST_CHUNK = (1 << 32) - 1  # bytes, for HDF5
_OPTIMIZER = "/optimizer/"


@contextlib.contextmanager
def unstored() -> Iterator[None]:
    """Within, what Keras writes of an optimizer is stored in part where it is the same number throughout."""
    import h5py

    write = h5py.Group.__setitem__
    h5py.Group.__setitem__ = _writing(write)
    try:
        yield
    finally:
        h5py.Group.__setitem__ = write


def _writing(write: Callable[[Any, str, Any], None]) -> Callable[[Any, str, Any], None]:
    def set_item(group: Any, name: str, value: Any) -> None:
        if f"{group.name}/".startswith(_OPTIMIZER) and isinstance(value, np.ndarray) and _is_worth(value):
            chunk = _chunk(value)
            dataset = group.create_dataset(name, value.shape, value.dtype, chunks=chunk, fillvalue=value.flat[0])
            dataset[: chunk[0]] = value[: chunk[0]]
        else:
            write(group, name, value)

    return set_item


def _is_worth(value: np.ndarray) -> bool:
    size = value.itemsize * int(np.prod(_chunk(value))) if value.ndim else 0
    return value.nbytes >= _LEAST and 0 < size <= _LARGEST_CHUNK and bool(np.all(value == value.flat[0]))


def _chunk(value: np.ndarray) -> tuple[int, ...]:
    return (max(1, value.shape[0] // _PARTS), *value.shape[1:])
