"""Space to batch and back, and boxes cropped from images and resized."""

# ruff: noqa: A002, PLR0913, PLR0917  (the names and defaults of TensorFlow)

from __future__ import annotations

from typing import Any

import numpy as np

from translation.operators import sizes
from translation.operators.dtypes import cast
from translation.operators.operator import defined_in, example, named, renamed, tensor
from translation.operators.symbolic import is_symbolic


def _space_to_batch(ops: Any, input: Any, block_shape: Any, paddings: Any) -> Any:
    blocks, ends = _pairs(input, block_shape, paddings)
    count = len(blocks)
    x = ops.pad(input, [(0, 0), *ends, *[(0, 0)] * (len(input.shape) - count - 1)])
    spatial, rest = x.shape[1 : count + 1], x.shape[count + 1 :]
    split = [part for size, block in zip(spatial, blocks) for part in (size // block, block)]
    x = ops.reshape(x, (-1, *split, *rest))
    inner = range(2 * count + 1, len(x.shape))
    x = ops.transpose(x, (*range(2, 2 * count + 1, 2), 0, *range(1, 2 * count + 1, 2), *inner))
    return ops.reshape(x, (-1, *[size // block for size, block in zip(spatial, blocks)], *rest))


def _batch_to_space(ops: Any, input: Any, block_shape: Any, crops: Any) -> Any:
    blocks, ends = _pairs(input, block_shape, crops)
    count = len(blocks)
    spatial, rest = input.shape[1 : count + 1], input.shape[count + 1 :]
    x = ops.reshape(input, (*blocks, -1, *spatial, *rest))
    woven = [axis for place in range(count) for axis in (count + 1 + place, place)]
    x = ops.transpose(x, (count, *woven, *range(2 * count + 1, len(x.shape))))
    x = ops.reshape(x, (-1, *[size * block for size, block in zip(spatial, blocks)], *rest))
    within = [slice(start, size - end) for size, (start, end) in zip(x.shape[1:], ends)]
    return x[(slice(None), *within)] if any(map(any, ends)) else x


def _pairs(x: Any, blocks: Any, ends: Any) -> tuple[list[int], list[tuple[int, int]]]:
    """Block sizes and paddings of each axis; raises ValueError if an image size is unknown."""
    if None in x.shape[1:]:
        raise ValueError(
            f"the height and width of the images must be known before the model runs, not {tuple(x.shape)}"
        )
    pairs = [sizes.target(pair) for pair in np.reshape(np.asarray(ends, object), (-1, 2))]
    return sizes.target(blocks), [(start, end) for start, end in pairs]


def _crop_and_resize(
    ops: Any, image: Any, boxes: Any, box_indices: Any, crop_size: Any, method: str = "bilinear",
    extrapolation_value: float = 0.0,
) -> Any:  # fmt: skip
    """Each pixel is interpolated from its neighbors, or `extrapolation_value` outside of the image."""
    x = ops.take(cast(ops, image, "float32"), box_indices, axis=0)
    boxes = boxes if is_symbolic(boxes) else np.asarray(boxes, "float32")
    inside: Any = True
    for axis, size in enumerate(sizes.target(crop_size)):
        length = x.shape[axis + 1]
        if length is None:
            raise ValueError(
                f"the height and width of the images must be known before the model runs, not {tuple(image.shape)}"
            )
        places = _places(ops, boxes[:, axis], boxes[:, axis + 2], length, size)
        weights = _weights(ops, places, length, method)
        x = ops.einsum("nol,nlwc->nowc" if axis == 0 else "nol,nhlc->nhoc", weights, x)
        within = ops.logical_and(ops.greater_equal(places, 0.0), ops.less_equal(places, length - 1.0))
        inside = ops.logical_and(inside, ops.reshape(within, (-1, size, 1, 1) if axis == 0 else (-1, 1, size, 1)))
    return ops.where(inside, x, extrapolation_value)


def _places(ops: Any, start: Any, end: Any, length: int, size: int) -> Any:
    """The position along an axis of each pixel of a crop, one row for each box."""
    if size == 1:
        return ops.expand_dims(ops.multiply(ops.add(start, end), 0.5 * (length - 1)), -1)
    step = ops.divide(ops.multiply(ops.subtract(end, start), length - 1.0), size - 1.0)
    steps = ops.multiply(ops.expand_dims(step, -1), np.arange(size, dtype="float32"))
    return ops.add(ops.expand_dims(ops.multiply(start, length - 1.0), -1), steps)


def _weights(ops: Any, places: Any, length: int, method: str) -> Any:
    """The weight of each pixel of the image for each pixel of a crop."""
    pixels = np.arange(length, dtype="float32")
    if method == "nearest":
        nearest = ops.floor(ops.add(places, 0.5))
        return ops.cast(ops.equal(ops.expand_dims(nearest, -1), pixels), "float32")
    distance = ops.abs(ops.subtract(ops.expand_dims(places, -1), pixels))
    return ops.maximum(ops.subtract(1.0, distance), 0.0)


_OLD_CROP_AND_RESIZE = renamed(
    _crop_and_resize, "image boxes box_ind=box_indices crop_size method extrapolation_value:0 box_indices"
)
_DEALT = (
    example(tensor(4, 6, 3), [2, 3], [[0, 0], [0, 0]]),
    example(tensor(4, 3, 2), block_shape=[3, 2], paddings=[[1, 1], [0, 1]]),
    example(tensor(5, 2), [2], [[1, 0]]),
)
_BOXES = [[0.1, 0.2, 0.8, 0.9], [0.0, 0.0, 1.0, 1.0], [-0.3, 0.5, 0.4, 1.6], [0.9, 0.7, 0.2, 0.1]]
_CUT = (
    example(tensor(5, 6, 2), _BOXES, [0, 0, 0, 0], [4, 3], extrapolation_value=1.5),
    example(tensor(4, 4, 1), _BOXES[:2], [0, 0], [1, 7]),
    example(tensor(5, 6, 2), _BOXES[:2], [0, 0], [4, 5], "nearest"),
)

SOURCES = defined_in("ops/array_ops ops/gen_array_ops ops/image_ops_impl")
OPERATORS = (
    named("space_to_batch_nd space_to_batch nn.space_to_batch", "input", _space_to_batch, *_DEALT),
    named("batch_to_space compat.v1.batch_to_space_nd", "input", _batch_to_space),
    named("image.crop_and_resize", "image", _crop_and_resize, *_CUT, dtypes="float32 uint8"),
    named("compat.v1.image.crop_and_resize", "image", _OLD_CROP_AND_RESIZE, *_CUT[:2], dtypes="float32 uint8"),
)
