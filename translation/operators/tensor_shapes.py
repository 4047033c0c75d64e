"""Shapes of symbolic tensors, as arrays of integers and sizes."""

from __future__ import annotations

from typing import Any

import numpy as np

from translation.operators import shape_probes
from translation.operators.sizes import Size


def shape_of(tensor: Any) -> np.ndarray[Any, Any]:
    """The shape of a symbolic tensor as an array of integers and sizes."""
    shape = np.empty(len(tensor.shape), object)
    for axis, size in enumerate(tensor.shape):
        shape[axis] = size if size is not None else _length(tensor, axis)
    return shape


def _length(tensor: Any, axis: int) -> Size:
    def count() -> Any:
        from keras import ops

        return ops.sum(ones_along(tensor, axis))

    return Size(count, lambda: ones_along(tensor, axis), lambda: shape_probes.shapes(tensor)[axis])


def ones_along(tensor: Any, axis: int) -> Any:
    """A vector of ones of int32 of the length of an axis."""
    from keras import ops

    others = tuple(number for number in range(len(tensor.shape)) if number != axis)
    if not others:
        return ops.ones_like(tensor, dtype="int32")
    # At most one element of the other axes is read, any of which may be empty.
    index = tuple(slice(None) if number == axis else slice(1) for number in range(len(tensor.shape)))
    return ops.ones_like(ops.sum(ops.ones_like(tensor[index], dtype="int32"), axis=others))
