"""Numbers in pieces that fit into memory one at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from keras2to3.scanner.readers.file_slice import FileSlice

BLOCK = 4 << 20
"""Bytes of a piece, unless a single number is larger."""


def of(shape: tuple[int, ...], itemsize: int, rows: int = 1) -> Iterator[tuple[int | slice, ...]]:
    """Indices that together cover an array of that shape once, in its order; no fewer than `rows` along its first."""
    if not shape or math.prod(shape) * itemsize <= BLOCK:
        yield ()
        return
    step = BLOCK // (math.prod(shape[1:]) * itemsize) // rows * rows or (rows if rows > 1 else 0)
    if step:
        yield from ((slice(start, start + step),) for start in range(0, shape[0], step))
        return
    for index in range(shape[0]):
        yield from ((index, *inner) for inner in of(shape[1:], itemsize))


def numbers(window: FileSlice, start: int, dtype: np.dtype[Any], count: int) -> Iterator[np.ndarray[Any, Any]]:
    """The `count` numbers that lie end to end from byte `start` of a window, as flat arrays."""
    step = max(1, BLOCK // dtype.itemsize)
    with window.open() as part:
        part.seek(start)
        for at in range(0, count, step):
            buffer = bytearray(min(step, count - at) * dtype.itemsize)
            if part.readinto(memoryview(buffer)) < len(buffer):
                raise EOFError("the file was cut while it was read")
            yield np.frombuffer(buffer, dtype)
