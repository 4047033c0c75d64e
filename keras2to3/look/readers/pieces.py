"""Cut a shape into pieces that fit into memory one at a time."""

from __future__ import annotations

import math
from collections.abc import Iterator

BLOCK = 4 << 20
"""Bytes of a piece, unless a single number is larger."""


def of(shape: tuple[int, ...], itemsize: int) -> Iterator[tuple[int | slice, ...]]:
    """Indices that together cover an array of that shape once, in its order."""
    if not shape or math.prod(shape) * itemsize <= BLOCK:
        yield ()
        return
    step = BLOCK // (math.prod(shape[1:]) * itemsize)
    if step:
        yield from ((slice(start, start + step),) for start in range(0, shape[0], step))
        return
    for index in range(shape[0]):
        yield from ((index, *inner) for inner in of(shape[1:], itemsize))
