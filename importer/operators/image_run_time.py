"""Images resized to a size that is known only when the model runs: rows and columns are taken, and mixed in shares."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from importer.operators import sizes
from importer.operators.dtypes import cast


def open_size(images: Any, size: Any) -> list[Any] | None:
    """Height and width where one of them is known only when the model runs; None where both are, or of one image."""
    found = [sizes.settled(each) for each in sizes.flat(size)]
    return found if sizes.is_open(found) and len(images.shape) == 4 else None


def resized(ops: Any, images: Any, size: Sequence[Any], method: str, half_pixels: bool) -> Any:
    """As TensorFlow 2 does, with pixels as areas of which the middle counts, or as TensorFlow 1 does, without that."""
    if method not in ("nearest", "bilinear"):
        raise ValueError(f"the method {method} at a size that is known only when the model runs")
    x = images if method == "nearest" else cast(ops, images, "float32")
    for axis, after in zip((1, 2), size):
        x = _along(x, axis, after, method, 0.5 if half_pixels else 0.0)
    return x


def _along(x: Any, axis: int, after: Any, method: str, middle: float) -> Any:
    from keras import ops

    length = sizes.counted(sizes.shape_of(x)[axis])
    scale = ops.divide(ops.cast(length, "float32"), ops.cast(sizes.counted(after), "float32"))
    places = ops.multiply(ops.add(ops.cast(sizes.range_of(after), "float32"), middle), scale)
    if method == "nearest":
        return ops.take(x, ops.minimum(ops.cast(ops.floor(places), "int32"), length - 1), axis=axis)
    places = ops.subtract(places, middle)
    first = ops.take(x, ops.maximum(ops.cast(ops.floor(places), "int32"), 0), axis=axis)
    second = ops.take(x, ops.minimum(ops.cast(ops.ceil(places), "int32"), length - 1), axis=axis)
    shares = ops.reshape(ops.subtract(places, ops.floor(places)), [-1 if place == axis else 1 for place in range(4)])
    return ops.add(first, ops.multiply(ops.subtract(second, first), shares))
