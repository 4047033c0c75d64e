"""Sums broadcast as in TensorFlow; Keras 3 may take a summand for a bias and add it along another axis.

On TensorFlow, `keras.ops.add(x, y)` squeezes a `y` in which one axis alone is longer than one. If the second or the
last axis of `x` is as long, it is added along that one, wherever it would broadcast to: so (2, 7, 1) and (7,) do not
give (2, 7, 7), and (4, 4) and (4, 1) give the sum of the former and the transposed latter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from translation.operators import shape_probes
from translation.operators.symbolic import is_symbolic

Shape = tuple[int | None, ...]


def add(x: Any, y: Any) -> Any:
    """The sum of two tensors or plain numbers, at least one of them symbolic."""
    from keras import ops

    if _adds_up([x, y]):
        return ops.add(x, y)
    if _adds_up([y, x]):
        return ops.add(y, x)
    return ops.add(*spread([x, y]))


def summable(tensors: list[Any]) -> list[Any]:
    """Tensors whose sum Keras 3 computes correctly: these, or all broadcast to the shape of the sum.

    Tensors with fewer axes keep the batch first, as in merging layers.
    """
    from keras import ops

    if any(tensor.sparse or getattr(tensor, "ragged", False) for tensor in tensors):
        return tensors  # which Keras 3 adds in another way
    rank = max(len(tensor.shape) for tensor in tensors)
    aligned = [ops.expand_dims(x, [*range(1, 1 + rank - len(x.shape))]) if len(x.shape) < rank else x for x in tensors]
    return tensors if _adds_up(aligned) else spread(aligned)


def spread(tensors: Sequence[Any]) -> list[Any]:
    """Tensors broadcast to one shape, which Keras 3 always adds correctly."""
    from keras import ops

    ones = ops.ones_like(tensors[0])
    for tensor in tensors[1:]:
        ones = ops.multiply(ones, ops.ones_like(tensor))
    return [ops.multiply(tensor, ones) for tensor in tensors]


def _adds_up(summands: Sequence[Any]) -> bool:
    """Whether Keras 3 broadcasts all of them, one after the other, for any unknown sizes."""
    probed = [_probed(summand) for summand in summands]
    if all(shapes == probed[0] for shapes in probed):
        return True
    total = _shape(summands[0])
    for summand in summands[1:]:
        shape = _shape(summand)
        if len(total) > 1 and any(_misplaced(total, shape, axis) for axis in range(len(shape))):
            return False
        total = _broadcast(total, shape)
    return True


def _shape(value: Any) -> Shape:
    return tuple(value.shape) if hasattr(value, "shape") else np.shape(value)


def _probed(value: Any) -> Any:
    """The shape with probes for unknown sizes."""
    return shape_probes.shapes(value) if is_symbolic(value) else tuple((size,) * 2 for size in _shape(value))


def _misplaced(x: Shape, y: Shape, axis: int) -> bool:
    """Whether `y` may be long along this axis alone, and Keras 3 may add it along another one of `x`."""
    length, place = y[axis], axis - len(y)
    if length == 1 or any(size not in {1, None} for size in (*y[:axis], *y[axis + 1 :])):
        return False
    second, last = (_may_be(length, size) for size in (x[1], x[-1]))
    if len(y) > len(x):
        return second or last
    if place == -1:
        return second and x[-1] in {1, None} and len(x) > 2
    return last or (second and place != 1 - len(x))


def _may_be(length: int | None, size: int | None) -> bool:
    """Whether two sizes, the first of them more than one, can be the same."""
    return size != 1 and (None in {length, size} or length == size)


def _broadcast(x: Shape, y: Shape) -> Shape:
    rank = max(len(x), len(y))
    pairs = zip((1,) * (rank - len(x)) + x, (1,) * (rank - len(y)) + y)
    return tuple(b if a == 1 or (a is None and b != 1) else a for a, b in pairs)
