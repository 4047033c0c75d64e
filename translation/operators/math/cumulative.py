"""Cumulative sums and products along an axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from translation.operators.dtypes import like
from translation.operators.operator import FLOATS, defined_in, example, named, tensor

Build = Callable[..., Any]


def _running(operation: str, beginning: str) -> Build:
    def build(ops: Any, x: Any, axis: int = 0, exclusive: bool = False, reverse: bool = False) -> Any:
        ordered = ops.flip(x, axis=axis) if reverse else x
        totals = like(ops, getattr(ops, operation)(ordered, axis=axis), x)
        if exclusive:
            totals = _moved_on(ops, totals, axis, beginning)
        return ops.flip(totals, axis=axis) if reverse else totals

    return build


def _moved_on(ops: Any, x: Any, axis: int, beginning: str) -> Any:
    """Shifted by one along an axis, with ones or zeros before the first."""
    axis %= len(x.shape)
    if x.shape[axis] is None:
        raise ValueError(f"exclusive=True needs axis {axis} to have a known length")
    first, rest = (tuple([slice(None)] * axis + [cut]) for cut in (slice(0, 1), slice(0, x.shape[axis] - 1)))
    return ops.concatenate([getattr(ops, beginning)(x[first]), x[rest]], axis=axis)


def _logsumexp(ops: Any, x: Any, axis: int = 0, exclusive: bool = False, reverse: bool = False) -> Any:
    """All elements up to each place at once, because a cumulative sum of exponentials would lose the small ones."""
    axis %= len(x.shape)
    length = x.shape[axis]
    if length is None:
        raise ValueError(f"cumulative_logsumexp needs axis {axis} to have a known length")
    held = np.tri(length, k=-1 if exclusive else 0, dtype=bool)
    held = (held.T if reverse else held).reshape(length, length, *[1] * (len(x.shape) - axis - 1))
    return like(ops, ops.logsumexp(ops.where(held, ops.expand_dims(x, axis), -np.inf), axis=axis + 1), x)


def _backend(operation: str) -> Build:
    return lambda ops, x, axis=0: like(ops, getattr(ops, operation)(x, axis=axis), x)


_EXAMPLES = (
    example(tensor(4), axis=1),
    example(tensor(2, 3), -1, exclusive=True),
    example(tensor(2, 3), axis=1, reverse=True),
    example(tensor(4), 1, True, True),
    example(tensor(3)),
)
_PLAIN = example(tensor(4), axis=1), example(tensor(2, 3))

SOURCES = defined_in("ops/math_ops", keras="backend")
OPERATORS = (
    named("math.cumsum cumsum", "x", _running("cumsum", "zeros_like"), *_EXAMPLES),
    named("math.cumprod compat.v1.cumprod", "x", _running("cumprod", "ones_like"), *_EXAMPLES),
    named("math.cumulative_logsumexp", "x", _logsumexp, *_EXAMPLES[:4], dtypes=FLOATS),
    named("keras.backend.cumsum", "x", _backend("cumsum"), *_PLAIN),
    named("keras.backend.cumprod", "x", _backend("cumprod"), *_PLAIN),
)
