"""Space to depth and back, patches, dilation and erosion."""

# ruff: noqa: A002, PLR0913, PLR0917  (the names and defaults of TensorFlow)

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from translation.operators.image import dynamic_sizes
from translation.operators.operator import defined_in, example, named, renamed, tensor
from translation.operators.sizes import as_scalar
from translation.operators.tensor_shapes import shape_of


def channels_last(ops: Any, x: Any, data_format: str | None, compute: Callable[[Any], Any]) -> Any:
    """The result of `compute` on images with channels last, in the layout they came in."""
    if not str(data_format).startswith("NC") and data_format != "channels_first":
        return compute(x)
    return ops.moveaxis(compute(ops.moveaxis(x, 1, -1)), -1, 1)


def _space_to_depth(ops: Any, input: Any, block_size: int, data_format: str = "NHWC") -> Any:
    def compute(x: Any) -> Any:
        height, width, channels = _known(x)
        x = ops.reshape(x, (-1, height // block_size, block_size, width // block_size, block_size, channels))
        merged = (-1, height // block_size, width // block_size, block_size * block_size * channels)
        return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), merged)

    return channels_last(ops, input, data_format, compute)


def _depth_to_space(ops: Any, input: Any, block_size: int, data_format: str = "NHWC") -> Any:
    def compute(x: Any) -> Any:
        height, width, channels = _known(x)
        x = ops.reshape(x, (-1, height, width, block_size, block_size, channels // block_size**2))
        merged = (-1, height * block_size, width * block_size, channels // block_size**2)
        return ops.reshape(ops.transpose(x, (0, 1, 3, 2, 4, 5)), merged)

    return channels_last(ops, input, data_format, compute)


def _known(x: Any) -> tuple[int, int, int]:
    """Height, width and channels; raises ValueError if one is unknown."""
    if None in x.shape[1:]:
        raise ValueError(
            f"the height and width of the images must be known before the model runs, not {tuple(x.shape)}"
        )
    height, width, channels = x.shape[1:]
    return height, width, channels


def windows(x: Any, size: Any, strides: Any, rates: Any) -> list[Any]:
    """For each position in a window, row by row, its pixels in all windows within the images."""
    pixels = []
    for row in range(size[0]):
        for column in range(size[1]):
            places = [
                _places(start * rate, length, (count - 1) * rate + 1, stride)
                for start, length, count, rate, stride in zip((row, column), x.shape[1:3], size, rates, strides)
            ]
            pixels.append(x[:, places[0], places[1]])
    return pixels


def _places(start: int, length: int | None, span: int, stride: int) -> slice:
    """The positions of element `start` of all windows of a span."""
    if length is None:
        return slice(start, (start - span + 1) or None, stride)
    return slice(start, start + length - span + 1, stride)


def padded(ops: Any, x: Any, size: Any, strides: Any, rates: Any, padding: str, value: Any = 0) -> Any:
    """Images with the padding of SAME."""
    if padding.upper() == "VALID":
        return x
    spans = [(count - 1) * rate + 1 for count, rate in zip(size, rates)]
    axes = list(zip(x.shape[1:3], spans, strides))
    y = ops.pad(x, [(0, 0), *(_ends(*each) for each in axes), (0, 0)], constant_values=value)
    for axis, (length, span, stride) in enumerate(axes, start=1):
        if length is None and stride > 1:
            y = dynamic_sizes.between(y, axis, *_within(ops, shape_of(x)[axis], span, stride))
    return y


def _ends(length: int | None, span: int, stride: int) -> tuple[int, int]:
    """The padding of SAME before and after an axis; the maximum if it depends on an unknown length."""
    if length is not None:
        return around(length, span, stride)
    return around(1, span, 1) if stride == 1 else (span - 1, span - 1)


def _within(ops: Any, size: Any, span: int, stride: int) -> tuple[Any, Any]:
    """Start and end of what SAME keeps of an axis padded by the maximum."""
    length = as_scalar(size)
    steps = ops.subtract(ops.floor_divide(ops.add(length, stride - 1), stride), 1)
    missing = ops.maximum(ops.subtract(ops.add(ops.multiply(steps, stride), span), length), 0)
    first = ops.subtract(span - 1, ops.floor_divide(missing, 2))
    return first, ops.add(first, ops.add(length, missing))


def around(length: int, span: int, stride: int) -> tuple[int, int]:
    """The padding of SAME before and after an axis."""
    missing = max((-(-length // stride) - 1) * stride + span - length, 0)
    return missing // 2, missing - missing // 2


def _extract_patches(ops: Any, images: Any, sizes: Any, strides: Any, rates: Any, padding: str) -> Any:
    inner = sizes[1:3], strides[1:3], rates[1:3]
    return ops.concatenate(windows(padded(ops, images, *inner, padding), *inner), axis=-1)


def _dilation(ops: Any, input: Any, filters: Any, strides: Any, padding: str, data_format: str, dilations: Any) -> Any:
    def compute(x: Any) -> Any:
        inner = filters.shape[:2], strides[1:3], dilations[1:3]
        lowest = -3.4e38  # never the maximum: at least one pixel of a window is within the image
        pixels = windows(padded(ops, x, *inner, padding, lowest), *inner)
        weights = [filters[row, column] for row in range(inner[0][0]) for column in range(inner[0][1])]
        greatest = ops.add(pixels[0], weights[0])
        for place, weight in zip(pixels[1:], weights[1:]):
            greatest = ops.maximum(greatest, ops.add(place, weight))
        return greatest

    return channels_last(ops, input, data_format, compute)


def _erosion(ops: Any, value: Any, filters: Any, strides: Any, padding: str, data_format: str, dilations: Any) -> Any:
    turned = ops.flip(filters, axis=(0, 1))
    return ops.negative(_dilation(ops, ops.negative(value), turned, strides, padding, data_format, dilations))


_TO_DEPTH = (example(tensor(4, 6, 3), 2), example(tensor(6, 3, 2), block_size=3))
_TO_SPACE = (example(tensor(2, 3, 8), 2), example(tensor(2, 1, 9), block_size=3))
_PATCHES = (
    example(tensor(5, 6, 2), [1, 3, 2, 1], [1, 2, 1, 1], [1, 1, 1, 1], "VALID"),
    example(tensor(5, 6, 2), [1, 3, 3, 1], [1, 2, 2, 1], [1, 1, 1, 1], padding="SAME"),
    example(tensor(7, 6, 1), [1, 2, 2, 1], [1, 1, 1, 1], [1, 2, 3, 1], "SAME"),
)
_SHAPED = [[[0.5, -1.0], [2.0, 0.0]], [[1.5, 3.0], [-0.5, 0.25]]]
_MORPHED = (
    example(tensor(5, 6, 2), _SHAPED, [1, 1, 1, 1], "SAME", "NHWC", [1, 1, 1, 1]),
    example(tensor(5, 7, 2), _SHAPED, [1, 2, 1, 1], "VALID", "NHWC", [1, 2, 2, 1]),
)

SOURCES = defined_in("ops/array_ops ops/nn_ops")
OPERATORS = (
    named("nn.space_to_depth", "input", _space_to_depth, *_TO_DEPTH),
    named("nn.depth_to_space", "input", _depth_to_space, *_TO_SPACE),
    named("compat.v1.space_to_depth compat.v1.nn.space_to_depth", "input", _space_to_depth, *_TO_DEPTH),
    named("compat.v1.depth_to_space compat.v1.nn.depth_to_space", "input", _depth_to_space, *_TO_SPACE),
    named("image.extract_patches", "images", _extract_patches, *_PATCHES),
    named(
        "compat.v1.image.extract_image_patches compat.v1.extract_image_patches",
        "images",
        renamed(_extract_patches, "images ksizes=sizes strides rates padding sizes"),
        *_PATCHES,
    ),
    named("nn.dilation2d", "input filters", _dilation, *_MORPHED, dtypes="float32"),
    named("nn.erosion2d", "value filters", _erosion, *_MORPHED, dtypes="float32"),
)
