"""Convolutions with filters that are constants or tensors."""

# ruff: noqa: A002, PLR0913, PLR0917  (the names and defaults of TensorFlow)

from __future__ import annotations

from typing import Any

from translation.operators.image.blocks import channels_last
from translation.operators.nn.example_filters import numbers
from translation.operators.nn.pooling import backend_layout, spatial
from translation.operators.operator import defined_in, example, named, renamed, tensor


def _convolved(
    ops: Any, operation: str, x: Any, filters: tuple[Any, ...], strides: Any, padding: Any, layout: Any, rates: Any
) -> Any:
    """A convolution of Keras with the arguments of TensorFlow."""
    rank = len(x.shape) - 2
    steps, dilations = (_plain(spatial(value, rank, layout)) for value in (strides, rates))
    if operation != "conv" and not isinstance(steps, int):
        raise ValueError("strides of a depthwise convolution that differ between axes are not supported")
    options = {"strides": steps, "dilation_rate": dilations, "data_format": "channels_last"}

    def compute(x: Any) -> Any:
        if isinstance(padding, str):
            return getattr(ops, operation)(x, *filters, padding=padding.lower(), **options)
        ends = [(0, 0), *_explicit(padding, rank, layout), (0, 0)]
        return getattr(ops, operation)(ops.pad(x, ends), *filters, padding="valid", **options)

    return channels_last(ops, x, layout, compute)


def _plain(numbers: tuple[int, ...]) -> Any:
    """One number for all axes if they are equal: Keras loads tuples as lists, which it cannot add to tuples."""
    return numbers[0] if len(set(numbers)) == 1 else numbers


def _explicit(padding: Any, rank: int, layout: Any) -> list[tuple[int, ...]]:
    """The paddings of the spatial axes out of those of all axes."""
    inner = padding[2:] if str(layout).startswith("NC") else padding[1:-1]
    return [tuple(ends) for ends in (padding if len(padding) == rank else inner)]


def _conv(
    ops: Any,
    input: Any,
    filters: Any,
    strides: Any = None,
    padding: Any = "VALID",
    data_format: Any = None,
    dilations: Any = None,
) -> Any:
    return _convolved(ops, "conv", input, (filters,), strides, padding, data_format, dilations)


def _depthwise(
    ops: Any, input: Any, filter: Any, strides: Any, padding: Any, data_format: Any = None, dilations: Any = None
) -> Any:
    return _convolved(ops, "depthwise_conv", input, (filter,), strides, padding, data_format, dilations)


def _separable(
    ops: Any,
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any,
    padding: Any,
    data_format: Any = None,
    dilations: Any = None,
) -> Any:
    filters = depthwise_filter, pointwise_filter
    return _convolved(ops, "separable_conv", input, filters, strides, padding, data_format, dilations)


def _backend_conv(
    ops: Any,
    x: Any,
    kernel: Any,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    if padding == "causal":
        before = spatial(dilation_rate, 1, None)[0] * (kernel.shape[0] - 1)
        x, padding = ops.pad(x, [(0, 0), (before, 0), (0, 0)]), "valid"
    return _conv(ops, x, kernel, strides, padding, backend_layout(data_format), dilation_rate)


def _backend_depthwise(
    ops: Any,
    x: Any,
    depthwise_kernel: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    return _depthwise(ops, x, depthwise_kernel, strides, padding, backend_layout(data_format), dilation_rate)


def _backend_separable(
    ops: Any,
    x: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    strides: Any = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = (1, 1),
) -> Any:
    layout = backend_layout(data_format)
    return _separable(ops, x, depthwise_kernel, pointwise_kernel, strides, padding, layout, dilation_rate)


_CONV1D = renamed(_conv, "input filters stride=strides padding data_format dilations")
_OLD_CONV1D = renamed(_conv, "value=input filters stride=strides padding -use_cudnn_on_gpu data_format input dilations")
_OLD_CONV2D = renamed(_conv, "input filter=filters strides padding -use_cudnn_on_gpu data_format dilations filters")
_OLD_CONVOLUTION = renamed(
    _conv, "input filter=filters padding strides dilation_rate=dilations data_format filters dilations"
)
_OLD_DEPTHWISE = renamed(_depthwise, "input filter strides padding rate=dilations data_format dilations")
_OLD_SEPARABLE = renamed(
    _separable, "input depthwise_filter pointwise_filter strides padding rate=dilations data_format dilations"
)
_CONV_1D = (
    example(tensor(7, 2), numbers(3, 2, 4), 2, "SAME"),
    example(tensor(6, 3), numbers(2, 3, 1), 1, "VALID", dilations=2),
)
_CONV_2D = (
    example(tensor(5, 7, 2), numbers(3, 2, 2, 3), [1, 2, 2, 1], "SAME"),
    example(tensor(6, 6, 1), numbers(2, 2, 1, 2), 1, padding="VALID", dilations=[1, 2, 2, 1]),
    example(tensor(5, 5, 1), numbers(2, 2, 1, 2), [1, 1, 1, 1], [[0, 0], [1, 0], [2, 1], [0, 0]]),
)
_OLD_2D = (
    example(tensor(5, 7, 2), numbers(3, 2, 2, 3), [1, 2, 2, 1], "SAME"),
    example(tensor(6, 6, 1), filters=numbers(2, 2, 1, 2), strides=[1, 1, 1, 1], padding="VALID"),
)
_CONV_3D = (
    example(tensor(4, 5, 3, 2), numbers(3, 2, 2, 2, 2), [1, 2, 2, 2, 1], "SAME"),
    example(tensor(4, 4, 4, 1), numbers(2, 2, 2, 1, 3), [1, 1, 1, 1, 1], padding="VALID"),
)
_CONVOLUTIONS = (
    example(tensor(5, 7, 2), numbers(3, 2, 2, 3), strides=[2, 2], padding="SAME"),
    example(tensor(6, 3), numbers(2, 3, 1), padding="VALID"),
)
_DEPTHWISE = (
    example(tensor(5, 7, 2), numbers(3, 2, 2, 3), [1, 2, 2, 1], "SAME"),
    example(tensor(6, 6, 1), numbers(2, 2, 1, 2), [1, 1, 1, 1], padding="VALID"),
)
_SEPARABLE = (
    example(tensor(5, 7, 2), numbers(3, 2, 2, 3), numbers(1, 1, 6, 2), [1, 2, 2, 1], "SAME"),
    example(tensor(6, 6, 1), numbers(2, 2, 1, 2), numbers(1, 1, 2, 4), [1, 1, 1, 1], padding="VALID"),
)
_PIECES = example(tensor(5, 7, 2), numbers(3, 2, 2, 3)), example(tensor(6, 6, 1), numbers(2, 2, 1, 2), padding="same")

SOURCES = defined_in("ops/nn_impl ops/nn_ops", keras="backend")
OPERATORS = (
    named("nn.conv1d", "input filters", _CONV1D, *_CONV_1D, dtypes="float32"),
    named("compat.v1.nn.conv1d", "value input filters", _OLD_CONV1D, *_CONV_1D, dtypes="float32"),
    named("nn.conv2d", "input filters", _conv, *_CONV_2D, dtypes="float32"),
    named("compat.v1.nn.conv2d", "input filter filters", _OLD_CONV2D, *_OLD_2D, dtypes="float32"),
    named("nn.conv3d", "input filters", _conv, *_CONV_3D, dtypes="float32"),
    named("nn.convolution", "input filters", _conv, *_CONVOLUTIONS, dtypes="float32"),
    named("compat.v1.nn.convolution", "input filter filters", _OLD_CONVOLUTION, *_CONVOLUTIONS, dtypes="float32"),
    named(
        "nn.atrous_conv2d",
        "value filters",
        renamed(_conv, "value=input filters rate=dilations padding"),
        example(tensor(7, 7, 2), numbers(3, 2, 2, 3), 2, "SAME"),
        example(tensor(6, 6, 1), numbers(2, 2, 1, 2), rate=3, padding="VALID"),
        dtypes="float32",
    ),
    named("nn.depthwise_conv2d", "input filter", _depthwise, *_DEPTHWISE, dtypes="float32"),
    named("compat.v1.nn.depthwise_conv2d", "input filter", _OLD_DEPTHWISE, *_DEPTHWISE, dtypes="float32"),
    named("compat.v1.nn.depthwise_conv2d_native", "input filter", _depthwise, *_DEPTHWISE, dtypes="float32"),
    named("nn.separable_conv2d", "input depthwise_filter pointwise_filter", _separable, *_SEPARABLE, dtypes="float32"),
    named(
        "compat.v1.nn.separable_conv2d",
        "input depthwise_filter pointwise_filter",
        _OLD_SEPARABLE,
        *_SEPARABLE,
        dtypes="float32",
    ),
    named("keras.backend.conv1d", "x kernel", _backend_conv),
    named("keras.backend.conv2d", "x kernel", _backend_conv, *_PIECES, dtypes="float32"),
    named(
        "keras.backend.conv3d",
        "x kernel",
        _backend_conv,
        example(tensor(4, 5, 3, 2), numbers(3, 2, 2, 2, 2), (2, 2, 2), "same"),
        example(tensor(4, 4, 4, 1), numbers(2, 2, 2, 1, 3)),
        dtypes="float32",
    ),
    named("keras.backend.depthwise_conv2d", "x depthwise_kernel", _backend_depthwise, *_PIECES, dtypes="float32"),
    named(
        "keras.backend.separable_conv2d",
        "x depthwise_kernel pointwise_kernel",
        _backend_separable,
        example(tensor(5, 7, 2), numbers(3, 2, 2, 3), numbers(1, 1, 6, 2), (2, 2), "same"),
        example(tensor(6, 6, 1), numbers(2, 2, 1, 2), numbers(1, 1, 2, 4)),
        dtypes="float32",
    ),
)
