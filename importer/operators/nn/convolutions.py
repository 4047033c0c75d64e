"""Convolutions with filters that are constants or tensors."""

# ruff: noqa: A002, ARG001, PLR0913, PLR0917  (the names and defaults of TensorFlow)

from __future__ import annotations

from typing import Any

from importer.operators.image.blocks import channels_last
from importer.operators.nn.example_filters import numbers
from importer.operators.nn.pooling import backend_layout, spatial
from importer.operators.operator import example, named, tensor


def _convolved(
    ops: Any, said: str, x: Any, filters: tuple[Any, ...], strides: Any, padding: Any, layout: Any, rates: Any
) -> Any:
    """One of Keras's convolutions, given what TensorFlow is given."""
    rank = len(x.shape) - 2
    steps, dilations = (_plain(spatial(value, rank, layout)) for value in (strides, rates))
    if said != "conv" and not isinstance(steps, int):
        raise ValueError("a depthwise convolution with strides that differ along the axes")
    options = {"strides": steps, "dilation_rate": dilations, "data_format": "channels_last"}

    def compute(x: Any) -> Any:
        if isinstance(padding, str):
            return getattr(ops, said)(x, *filters, padding=padding.lower(), **options)
        ends = [(0, 0), *_explicit(padding, rank, layout), (0, 0)]
        return getattr(ops, said)(ops.pad(x, ends), *filters, padding="valid", **options)

    return channels_last(ops, x, layout, compute)


def _plain(numbers: tuple[int, ...]) -> Any:
    """One number for all where they are the same: Keras reads tuples back as lists, which it cannot add to tuples."""
    return numbers[0] if len(set(numbers)) == 1 else numbers


def _explicit(padding: Any, rank: int, layout: Any) -> list[tuple[int, ...]]:
    """Paddings of the axes of an image, out of those of all axes."""
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


def _conv1d(
    ops: Any,
    input: Any,
    filters: Any,
    stride: Any,
    padding: Any,
    data_format: Any = "NWC",
    dilations: Any = None,
) -> Any:
    return _conv(ops, input, filters, stride, padding, data_format, dilations)


def _old_conv(
    ops: Any,
    input: Any,
    filter: Any = None,
    strides: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: Any = True,
    data_format: Any = None,
    dilations: Any = None,
    filters: Any = None,
) -> Any:
    return _conv(ops, input, filter if filters is None else filters, strides, padding, data_format, dilations)


def _old_conv1d(
    ops: Any,
    value: Any = None,
    filters: Any = None,
    stride: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: Any = None,
    data_format: Any = None,
    input: Any = None,
    dilations: Any = None,
) -> Any:
    return _conv(ops, value if input is None else input, filters, stride, padding, data_format, dilations)


def _old_convolution(
    ops: Any,
    input: Any,
    filter: Any,
    padding: Any,
    strides: Any = None,
    dilation_rate: Any = None,
    data_format: Any = None,
    filters: Any = None,
    dilations: Any = None,
) -> Any:
    kernel = filter if filters is None else filters
    return _conv(ops, input, kernel, strides, padding, data_format, dilations or dilation_rate)


def _atrous(ops: Any, value: Any, filters: Any, rate: int, padding: str) -> Any:
    return _conv(ops, value, filters, None, padding, None, rate)


def _depthwise(
    ops: Any,
    input: Any,
    filter: Any,
    strides: Any,
    padding: Any,
    data_format: Any = None,
    dilations: Any = None,
) -> Any:
    return _convolved(ops, "depthwise_conv", input, (filter,), strides, padding, data_format, dilations)


def _old_depthwise(
    ops: Any,
    input: Any,
    filter: Any,
    strides: Any,
    padding: Any,
    rate: Any = None,
    data_format: Any = None,
    dilations: Any = None,
) -> Any:
    return _depthwise(ops, input, filter, strides, padding, data_format, dilations or rate)


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


def _old_separable(
    ops: Any,
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any,
    padding: Any,
    rate: Any = None,
    data_format: Any = None,
    dilations: Any = None,
) -> Any:
    rates = dilations or rate
    return _separable(ops, input, depthwise_filter, pointwise_filter, strides, padding, data_format, rates)


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

OPERATORS = (
    named("nn.conv1d", "input filters", _conv1d, *_CONV_1D, dtypes="float32"),
    named("compat.v1.nn.conv1d", "value input filters", _old_conv1d, *_CONV_1D, dtypes="float32"),
    named("nn.conv2d", "input filters", _conv, *_CONV_2D, dtypes="float32"),
    named("compat.v1.nn.conv2d", "input filter filters", _old_conv, *_OLD_2D, dtypes="float32"),
    named("nn.conv3d", "input filters", _conv, *_CONV_3D, dtypes="float32"),
    named("nn.convolution", "input filters", _conv, *_CONVOLUTIONS, dtypes="float32"),
    named("compat.v1.nn.convolution", "input filter filters", _old_convolution, *_CONVOLUTIONS, dtypes="float32"),
    named(
        "nn.atrous_conv2d",
        "value filters",
        _atrous,
        example(tensor(7, 7, 2), numbers(3, 2, 2, 3), 2, "SAME"),
        example(tensor(6, 6, 1), numbers(2, 2, 1, 2), rate=3, padding="VALID"),
        dtypes="float32",
    ),
    named("nn.depthwise_conv2d", "input filter", _depthwise, *_DEPTHWISE, dtypes="float32"),
    named("compat.v1.nn.depthwise_conv2d", "input filter", _old_depthwise, *_DEPTHWISE, dtypes="float32"),
    named("compat.v1.nn.depthwise_conv2d_native", "input filter", _depthwise, *_DEPTHWISE, dtypes="float32"),
    named("nn.separable_conv2d", "input depthwise_filter pointwise_filter", _separable, *_SEPARABLE, dtypes="float32"),
    named(
        "compat.v1.nn.separable_conv2d",
        "input depthwise_filter pointwise_filter",
        _old_separable,
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
