"""Transposed convolutions with filters that are constants."""

# ruff: noqa: A002, PLR0913, PLR0917  (the names and defaults of TensorFlow)

from __future__ import annotations

from typing import Any

import numpy as np

from translation.operators import sizes
from translation.operators.image.blocks import around, channels_last
from translation.operators.nn.example_filters import numbers
from translation.operators.nn.pooling import backend_layout, spatial
from translation.operators.operator import BATCH, defined_in, example, named, renamed, tensor
from translation.operators.symbolic import is_symbolic


def _transposed(
    ops: Any,
    input: Any,
    filters: Any,
    output_shape: Any,
    strides: Any,
    padding: str = "SAME",
    data_format: Any = None,
    dilations: Any = None,
) -> Any:
    rank = len(input.shape) - 2
    if is_symbolic(filters):
        raise ValueError("filters computed by the model are not supported in a transposed convolution")
    if set(spatial(dilations, rank, data_format)) != {1}:
        raise ValueError("a dilated transposed convolution is not supported")
    steps = spatial(strides, rank, data_format)
    inner = slice(2, None) if str(data_format).startswith("NC") else slice(-1 - rank, -1)
    lengths = list(output_shape)[inner]

    def compute(x: Any) -> Any:
        return _cut(ops, _spread(x, np.asarray(filters), steps), lengths, np.shape(filters), steps, padding)

    return channels_last(ops, input, data_format, compute)


def _spread(x: Any, filters: Any, steps: tuple[int, ...]) -> Any:
    """A full transposed convolution by a frozen layer, because Keras's operation fails in a graph."""
    from keras import layers

    kind = {1: layers.Conv1DTranspose, 2: layers.Conv2DTranspose, 3: layers.Conv3DTranspose}[len(steps)]
    layer = kind(filters.shape[-2], filters.shape[:-2], strides=steps, use_bias=False, dtype=str(x.dtype))
    layer.trainable = False
    layer.build(x.shape)
    layer.kernel.assign(filters)
    return layer(x)


def _cut(ops: Any, whole: Any, lengths: Any, spans: Any, steps: Any, padding: str) -> Any:
    """The requested part of a full transposed convolution, with zeros beyond it."""
    places, ends = [slice(None)], [(0, 0)]
    for axis, (length, span, step) in enumerate(zip(lengths, spans, steps), start=1):
        if isinstance(length, sizes.Size) or whole.shape[axis] is None:
            raise ValueError("the output size of a transposed convolution must be known before the model runs")
        start = around(int(length), span, step)[0] if padding.upper() == "SAME" else 0
        places.append(slice(start, start + int(length)))
        ends.append((0, max(start + int(length) - whole.shape[axis], 0)))
    cut = whole[tuple(places)]
    return ops.pad(cut, [*ends, (0, 0)]) if any(after for _, after in ends) else cut


def _backend_transposed(
    ops: Any,
    x: Any,
    kernel: Any,
    output_shape: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    return _transposed(ops, x, kernel, output_shape, strides, padding, backend_layout(data_format), dilation_rate)


_OLD_TRANSPOSED = renamed(
    _transposed, "value=input filter=filters output_shape strides padding data_format input filters dilations"
)
_TRANSPOSED_1D = (
    example(tensor(4, 2), numbers(3, 3, 2), [BATCH, 8, 3], 2),
    example(tensor(3, 1), numbers(2, 2, 1), [BATCH, 9, 2], strides=3, padding="VALID"),
)
_TRANSPOSED_2D = (
    example(tensor(4, 3, 2), numbers(3, 2, 3, 2), [BATCH, 7, 6, 3], [1, 2, 2, 1]),
    example(tensor(3, 4, 1), numbers(2, 3, 2, 1), [BATCH, 7, 6, 2], strides=[1, 2, 1, 1], padding="VALID"),
    example(tensor(3, 3, 1), numbers(1, 2, 1, 1), [BATCH, 9, 8, 1], [1, 3, 3, 1], padding="SAME"),
)
_TRANSPOSED_3D = (
    example(tensor(2, 3, 2, 1), numbers(3, 2, 2, 2, 1), [BATCH, 4, 6, 4, 2], [1, 2, 2, 2, 1]),
    example(tensor(2, 2, 2, 1), numbers(2, 2, 2, 1, 1), [BATCH, 3, 3, 3, 1], strides=1, padding="VALID"),
)

SOURCES = defined_in("ops/nn_ops", keras="backend")
OPERATORS = (
    named("nn.conv1d_transpose", "input", _transposed, *_TRANSPOSED_1D, dtypes="float32"),
    named("nn.conv2d_transpose", "input", _transposed, *_TRANSPOSED_2D, dtypes="float32"),
    named("nn.conv3d_transpose", "input", _transposed, *_TRANSPOSED_3D, dtypes="float32"),
    named("nn.conv_transpose", "input", _transposed, *_TRANSPOSED_2D, *_TRANSPOSED_1D, dtypes="float32"),
    named("compat.v1.nn.conv2d_transpose", "value input", _OLD_TRANSPOSED, *_TRANSPOSED_2D, dtypes="float32"),
    named("compat.v1.nn.conv3d_transpose", "value input", _OLD_TRANSPOSED, *_TRANSPOSED_3D, dtypes="float32"),
    named("keras.backend.conv2d_transpose", "x", _backend_transposed),
)
