"""Images of a size known only when the model runs: rows and columns are gathered and interpolated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from translation.operators import shape_probes, sizes
from translation.operators.dtypes import cast
from translation.operators.tensor_shapes import shape_of


def has_unknown_size(images: Any) -> bool:
    """Whether the height or width of the images is known only when the model runs."""
    return None in images.shape[-3:-1]


def _spatial_axes(images: Any) -> tuple[int, int]:
    """The axes of rows and columns, of one image or a batch."""
    return len(images.shape) - 3, len(images.shape) - 2


def dynamic_target(images: Any, size: Any) -> list[Any] | None:
    """The target height and width if one is known only when the model runs, for a batch; None otherwise."""
    lengths = [sizes.resolved(each) for each in sizes.flat(size)]
    return lengths if sizes.is_dynamic(lengths) and len(images.shape) == 4 else None


def fitting(images: Any, size: Any) -> list[Any]:
    """The largest height and width within `size` that keep the aspect ratio, computed in float32 as in TensorFlow."""
    from keras import ops

    lengths, bounds = _floats(images), sizes.flat(size)
    if len(images.shape) != 4 or sizes.is_dynamic(bounds):
        raise ValueError(
            f"the aspect ratio of the images must be known before the model runs, not {tuple(images.shape)}"
        )
    factor = ops.minimum(*(ops.divide(float(bound), length) for bound, length in zip(bounds, lengths)))
    rounded = (ops.cast(ops.round(ops.multiply(factor, length)), "int32") for length in lengths)
    return [_at_most(bound, count) for bound, count in zip(bounds, rounded)]


def _floats(images: Any) -> list[Any]:
    """Height and width in float32."""
    from keras import ops

    return [ops.cast(sizes.as_scalar(length), "float32") for length in shape_of(images)[1:3]]


def _at_most(bound: int, count: Any) -> sizes.Size:
    """The computed `count`, which is at most `bound`, as a size."""
    from keras import ops

    every = np.arange(bound, dtype="int32")
    return sizes.Size(
        lambda: count, lambda: sizes.where(ops.less(every, count)), lambda: (bound,) * shape_probes.COUNT, exact=False
    )


def between(x: Any, axis: int, first: Any, end: Any) -> Any:
    """The elements of an axis from `first` up to `end`, both known only when the model runs."""
    from keras import ops

    places = sizes.range_of(shape_of(x)[axis])
    inside = ops.logical_and(ops.greater_equal(places, first), ops.less(places, end))
    return ops.take(x, ops.nonzero(inside)[0], axis=axis)


def placed_on_zeros(x: Any, axis: int, size: int, first: Any) -> Any:
    """`x` on an axis of zeros of length `size`, starting at `first`, which may be negative."""
    from keras import ops

    length = sizes.as_scalar(shape_of(x)[axis])
    places = ops.subtract(np.arange(size, dtype="int32"), first)
    pixels = ops.take(x, ops.maximum(ops.minimum(places, ops.subtract(length, 1)), 0), axis=axis)
    within = ops.logical_and(ops.greater_equal(places, 0), ops.less(places, length))
    inside = ops.reshape(within, [-1 if place == axis else 1 for place in range(len(x.shape))])
    return ops.where(inside, pixels, ops.zeros_like(pixels))


def averaged(images: Any, size: Sequence[int]) -> Any:
    """Images in float32 resized to a known size by "area", with the matrices of `resize_matrices.py` in the graph."""
    from keras import ops

    for equation, axis, after in zip(("bhwc,ho->bowc", "bhwc,wo->bhoc"), (1, 2), size):
        before = shape_of(images)[axis]
        scale = ops.divide(ops.cast(sizes.as_scalar(before), "float32"), float(after))
        start = ops.multiply(np.arange(after, dtype="float32"), scale)
        source = ops.expand_dims(ops.cast(sizes.range_of(before), "float32"), 1)
        covered = ops.subtract(ops.minimum(ops.add(source, 1.0), ops.add(start, scale)), ops.maximum(source, start))
        images = ops.einsum(equation, images, ops.divide(ops.maximum(covered, 0.0), scale))
    return images


def central(image: Any, fraction: float) -> Any:
    """The center of images, with bounds computed in float64 as in TensorFlow."""
    from keras import ops

    for axis in _spatial_axes(image):
        length = sizes.as_scalar(shape_of(image)[axis])
        exact = ops.cast(length, "float64")
        first = ops.cast(ops.divide(ops.subtract(exact, ops.multiply(exact, fraction)), 2), "int32")
        image = between(image, axis, first, ops.subtract(length, first))
    return image


def cropped_or_padded(image: Any, target: Sequence[int]) -> Any:
    """The center of images, or zeros around them, for each axis."""
    from keras import ops

    for axis, size in zip(_spatial_axes(image), target):
        missing = ops.subtract(size, sizes.as_scalar(shape_of(image)[axis]))
        half = ops.floor_divide(ops.abs(missing), 2)
        image = placed_on_zeros(image, axis, size, ops.where(ops.less(missing, 0), ops.negative(half), half))
    return image


def fitted(images: Any, target: Sequence[int], resize: Callable[[list[Any]], Any]) -> Any:
    """The largest image of the same aspect ratio that fits, centered in zeros, computed in float32 as in TensorFlow."""
    from keras import ops

    lengths = _floats(images)
    ratio = ops.maximum(*(ops.divide(length, float(size)) for length, size in zip(lengths, target)))
    within = [ops.divide(length, ratio) for length in lengths]
    x = resize([_at_most(size, ops.cast(ops.floor(each), "int32")) for size, each in zip(target, within)])
    for axis, (size, each) in enumerate(zip(target, within), start=1):
        before = ops.cast(ops.floor(ops.divide(ops.subtract(float(size), each), 2.0)), "int32")
        x = placed_on_zeros(x, axis, size, ops.maximum(before, 0))
    return x


def resized(ops: Any, images: Any, size: Sequence[Any], method: str, half_pixels: bool) -> Any:
    """Images resized with half-pixel centers as in TensorFlow 2, or without as in TensorFlow 1."""
    if method not in ("nearest", "bilinear"):
        raise ValueError(f"method {method} needs a size known before the model runs")
    x = images if method == "nearest" else cast(ops, images, "float32")
    for axis, after in zip((1, 2), size):
        x = _along(x, axis, after, method, 0.5 if half_pixels else 0.0)
    return x


def _along(x: Any, axis: int, after: Any, method: str, middle: float) -> Any:
    from keras import ops

    length = sizes.as_scalar(shape_of(x)[axis])
    scale = ops.divide(ops.cast(length, "float32"), ops.cast(sizes.as_scalar(after), "float32"))
    places = ops.multiply(ops.add(ops.cast(sizes.range_of(after), "float32"), middle), scale)
    if method == "nearest":
        return ops.take(x, ops.minimum(ops.cast(ops.floor(places), "int32"), length - 1), axis=axis)
    places = ops.subtract(places, middle)
    first = ops.take(x, ops.maximum(ops.cast(ops.floor(places), "int32"), 0), axis=axis)
    second = ops.take(x, ops.minimum(ops.cast(ops.ceil(places), "int32"), length - 1), axis=axis)
    shares = ops.reshape(ops.subtract(places, ops.floor(places)), [-1 if place == axis else 1 for place in range(4)])
    return ops.add(first, ops.multiply(ops.subtract(second, first), shares))
