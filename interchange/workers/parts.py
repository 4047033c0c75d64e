"""The part of a large tensor that stands for it where recording all of it would cost too much."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

_MOST = 2**14


def stride(shape: Sequence[int], most: int = _MOST) -> int:
    """How far apart the at most `most` numbers of the part are, of the tensor in C order; 1 if it is recorded whole.

    It has no factor in common with the last axis, so that the part has numbers of every column.
    """
    step = -(-math.prod(shape) // most)
    while step > 1 and math.gcd(step, shape[-1]) > 1:
        step += 1
    return max(step, 1)


def part(array: np.ndarray, most: int = _MOST) -> np.ndarray:
    """Evenly spaced numbers of a large tensor, flat, and a small one as it is: always a copy."""
    step = stride(array.shape, most)
    return (np.ascontiguousarray(array).reshape(-1)[::step] if step > 1 else array).copy()
