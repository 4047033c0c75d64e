"""Padding: with zeros, another value or the mirrored tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from translation.operators import sizes
from translation.operators.arrays.filling import filled
from translation.operators.operator import defined_in, example, named, tensor
from translation.operators.tensor_shapes import shape_of


def _pad(ops: Any, tensor: Any, paddings: Any, mode: str = "CONSTANT", constant_values: Any = 0) -> Any:
    widths = [[sizes.resolved(sizes.flat(end)[0]) for end in pair] for pair in paddings]
    mode = mode.lower()
    if sizes.is_dynamic(widths) and mode == "constant":
        return _lengthened(tensor, widths, constant_values)
    if sizes.is_dynamic(widths):
        return _mirrored(ops, tensor, widths, mode)
    if mode == "constant":
        return ops.pad(tensor, widths, mode="constant", constant_values=constant_values)
    if mode == "symmetric" and None not in tensor.shape[1:] and list(widths[0]) == [0, 0]:
        return _mirrored(ops, tensor, widths, mode)  # on PyTorch Keras repeats the last element instead
    return ops.pad(tensor, widths, mode=mode)


def _lengthened(tensor: Any, widths: Sequence[Sequence[Any]], value: Any) -> Any:
    """Tensors of one value joined before and after each axis, of a length known only when the model runs."""
    from keras import ops

    for axis, pair in enumerate(widths):
        before, after = ([] if _is_none(width) else [_block(tensor, axis, width, value)] for width in pair)
        tensor = ops.concatenate([*before, tensor, *after], axis=axis) if before or after else tensor
    return tensor


def _mirrored(ops: Any, tensor: Any, widths: Sequence[Sequence[Any]], mode: str) -> Any:
    """Mirrored elements joined before and after each axis; mode symmetric includes the edge."""
    edge = int(mode == "symmetric")
    for axis, (before, after) in enumerate(widths):
        if _is_none(before) and _is_none(after):
            continue
        length = shape_of(tensor)[axis]
        front = sizes.as_scalar(before) - edge - sizes.range_of(before)
        back = sizes.as_scalar(length) - 2 + edge - sizes.range_of(after)
        tensor = ops.take(tensor, ops.concatenate([front, sizes.range_of(length), back]), axis=axis)
    return tensor


def _is_none(width: Any) -> bool:
    return isinstance(width, int) and width == 0


def _block(tensor: Any, axis: int, width: Any, value: Any) -> Any:
    shape = shape_of(tensor)
    shape[axis] = width
    return filled(shape, value, str(tensor.dtype))


def _padded(ops: Any, x: Any, spatial: Any, first: bool) -> Any:
    """Zeros around the axes between batch and channels."""
    inner = [list(pair) for pair in spatial]
    return ops.pad(x, [[0, 0], [0, 0], *inner] if first else [[0, 0], *inner, [0, 0]])


def _pad_images(ops: Any, x: Any, padding: Any, data_format: str | None) -> Any:
    return _padded(ops, x, padding, first=data_format == "channels_first")


SOURCES = defined_in("ops/array_ops", keras="backend")
OPERATORS = (
    named(
        "pad compat.v1.pad",
        "tensor",
        _pad,
        example(tensor(3), [[0, 0], [1, 2]], constant_values=2),
        example(tensor(3, 4), [[0, 0], [2, 1], [0, 1]], mode="REFLECT"),
        example(tensor(3, 4), [[0, 0], [2, 1], [3, 1]], "SYMMETRIC"),
    ),
    named(
        "keras.backend.temporal_padding",
        "x",
        lambda ops, x, padding=(1, 1): _padded(ops, x, [padding], first=False),
        example(tensor(3, 2)),
        example(tensor(4, 2), (0, 2)),
    ),
    named(
        "keras.backend.spatial_2d_padding",
        "x",
        lambda ops, x, padding=((1, 1), (1, 1)), data_format=None: _pad_images(ops, x, padding, data_format),
        example(tensor(3, 4, 2)),
        example(tensor(2, 3, 4), ((0, 1), (2, 1)), data_format="channels_first"),
    ),
    named(
        "keras.backend.spatial_3d_padding",
        "x",
        lambda ops, x, padding=((1, 1), (1, 1), (1, 1)), data_format=None: _pad_images(ops, x, padding, data_format),
        example(tensor(2, 3, 4, 2)),
        example(tensor(2, 2, 3, 4), ((0, 1), (2, 1), (1, 0)), data_format="channels_first"),
    ),
)
