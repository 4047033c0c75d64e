"""Whole numbers that are known only when a model runs, such as `tf.shape(x)[0]`, and what can be said of them before.

A shape is a NumPy array of objects: integers where the size of an axis is known, `Size` where it is not. So NumPy
slices, joins and multiplies shapes as TensorFlow does. A `Size` in a target shape becomes -1; where a number is
needed it is counted at run time, by a sum of ones along the axis.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Count = Callable[[], Any]


@dataclass(frozen=True, eq=False)
class Size:
    """A number of elements: `count` gives it as a symbolic scalar of int32.

    `tensor` and `axis` say whose length it is, where it is the length of one axis and not computed from several.
    """

    count: Count
    tensor: Any = None
    axis: int | None = None

    def _with(self, other: Any, name: str, swapped: bool = False) -> Size:
        def computed() -> Any:
            from keras import ops

            pair = (self.count(), counted(other))
            return getattr(ops, name)(*(reversed(pair) if swapped else pair))

        return Size(computed)

    def __add__(self, other: Any) -> Any:
        return self._with(other, "add")

    def __radd__(self, other: Any) -> Any:
        return self._with(other, "add", swapped=True)

    def __sub__(self, other: Any) -> Any:
        return self._with(other, "subtract")

    def __rsub__(self, other: Any) -> Any:
        return self._with(other, "subtract", swapped=True)

    def __mul__(self, other: Any) -> Any:
        return self if other == 1 else self._with(other, "multiply")

    def __rmul__(self, other: Any) -> Any:
        return self if other == 1 else self._with(other, "multiply", swapped=True)

    def __floordiv__(self, other: Any) -> Any:
        return self if other == 1 else self._with(other, "floor_divide")

    def __rfloordiv__(self, other: Any) -> Any:
        return self._with(other, "floor_divide", swapped=True)

    def __mod__(self, other: Any) -> Any:
        return self._with(other, "mod")


def counted(value: Any) -> Any:
    """A size as a symbolic scalar, any other number as it is."""
    return value.count() if isinstance(value, Size) else value


def shape_of(tensor: Any) -> np.ndarray[Any, Any]:
    """The shape of a symbolic tensor as an array of integers and sizes."""
    shape = np.empty(len(tensor.shape), object)
    for axis, size in enumerate(tensor.shape):
        shape[axis] = size if size is not None else Size(_along(tensor, axis), tensor, axis)
    return shape


def _along(tensor: Any, axis: int) -> Count:
    def count() -> Any:
        from keras import ops

        return ops.sum(ones_along(tensor, axis))

    return count


def ones_along(tensor: Any, axis: int) -> Any:
    """As many ones of int32 as an axis of a tensor is long."""
    from keras import ops

    index = tuple(slice(None) if number == axis else 0 for number in range(len(tensor.shape)))
    return ops.ones_like(tensor[index], dtype="int32")


def is_open(value: Any) -> bool:
    """Whether a structure holds a size that is not known yet."""
    if isinstance(value, np.ndarray):
        return value.dtype == object and any(isinstance(item, Size) for item in value.flat)
    if isinstance(value, (list, tuple)):
        return any(is_open(item) for item in value)
    return isinstance(value, Size)


def as_tensor(value: Any) -> Any:
    """Sizes as a symbolic tensor of int32: a scalar, or an array with one for each place."""
    from keras import ops

    if isinstance(value, Size):
        return value.count()
    array = np.asarray(value, object)
    parts = [ops.reshape(ops.cast(counted(item), "int32"), (1,)) for item in array.flat]
    return ops.reshape(ops.concatenate(parts), array.shape)


def target(shape: Any) -> list[int]:
    """A target shape for a reshape: at most one size that is not known, as -1.

    Raises ValueError where more are unknown.
    """
    sizes = [-1 if isinstance(size, Size) else int(size) for size in np.asarray(shape, object).reshape(-1)]
    if sizes.count(-1) > 1:
        raise ValueError(f"more than one size of the shape {sizes} is known only when the model runs")
    return sizes
