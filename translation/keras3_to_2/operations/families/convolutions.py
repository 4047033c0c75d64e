"""Convolutions and pooling, in whatever layout of axes: TensorFlow computes them with channels last on a CPU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from translation.keras3_to_2.operations.constants import Constant
from translation.keras3_to_2.operations.dtypes import constant, dtype_of, is_tensor
from translation.keras3_to_2.operations.families.shapes import transposed
from translation.keras3_to_2.operations.operation import Build, named, rank
from translation.operators.operator import example, tensor

FIRST = "channels_first"


def channels_last(tf: Any, x: Any, data_format: str | None) -> Any:
    """A tensor with its channels last."""
    return transposed(tf, x, [0, *range(2, rank(x)), 1]) if data_format == FIRST else x


def as_given(tf: Any, x: Any, data_format: str | None) -> Any:
    """The inverse of `channels_last`."""
    return transposed(tf, x, [0, rank(x) - 1, *range(1, rank(x) - 1)]) if data_format == FIRST else x


def _each(value: Any, axes: int) -> list[int]:
    """One number for each spatial axis."""
    return [value] * axes if isinstance(value, int) else list(value)


def _kernel(tf: Any, kernel: Any, inputs: Any) -> Any:
    return kernel if is_tensor(kernel) else constant(tf, kernel, dtype_of(inputs), inputs)


def convolve(  # noqa: PLR0913 - the arguments of Keras
    tf: Any,
    inputs: Any,
    kernel: Any,
    *,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    """A convolution."""
    x = channels_last(tf, inputs, data_format)
    axes = rank(x) - 2
    found = tf.nn.convolution(
        x,
        _kernel(tf, kernel, inputs),
        strides=_each(strides, axes),
        padding=padding.upper(),
        dilations=_each(dilation_rate, axes),
    )
    return as_given(tf, found, data_format)


def _depthwise(  # noqa: PLR0913 - the arguments of Keras
    tf: Any,
    inputs: Any,
    kernel: Any,
    *,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    x, kernel = channels_last(tf, inputs, data_format), _kernel(tf, kernel, inputs)
    lines = rank(x) == 3
    steps, spread = (_each(value, rank(x) - 2) for value in (strides, dilation_rate))
    if lines:
        x, kernel, steps, spread = tf.expand_dims(x, 1), tf.expand_dims(kernel, 0), steps * 2, [1, *spread]
    found = tf.nn.depthwise_conv2d(x, kernel, strides=[1, *steps, 1], padding=padding.upper(), dilations=spread)
    return as_given(tf, tf.squeeze(found, axis=[1]) if lines else found, data_format)


def _separable(  # noqa: PLR0913 - the arguments of Keras
    tf: Any,
    inputs: Any,
    depthwise_kernel: Any,
    pointwise_kernel: Any,
    *,
    strides: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Any = 1,
) -> Any:
    options = {"strides": strides, "padding": padding, "data_format": data_format, "dilation_rate": dilation_rate}
    return convolve(tf, _depthwise(tf, inputs, depthwise_kernel, **options), pointwise_kernel, data_format=data_format)


def _stepping_wide(arguments: Mapping[str, Any]) -> str | None:
    wide = [max(_each(arguments[key], 1)) > 1 for key in ("strides", "dilation_rate")]
    return "TensorFlow 2.15 does not combine strides with a dilation rate" if all(wide) else None


def _pool(function: str) -> Build:
    def build(
        tf: Any,
        inputs: Any,
        *,
        pool_size: Any,
        strides: Any = None,
        padding: str = "valid",
        data_format: str | None = None,
    ) -> Any:
        x = channels_last(tf, inputs, data_format)
        window = _each(pool_size, rank(x) - 2)
        steps = window if strides is None else _each(strides, rank(x) - 2)
        found = getattr(tf.nn, function)(x, window, steps, padding.upper())
        return as_given(tf, found, data_format)

    return build


def _adaptive(function: str) -> Build:
    """Pooling into a given number of parts of about the same size."""

    def build(tf: Any, inputs: Any, *, output_size: Any, data_format: str | None = None) -> Any:
        x = channels_last(tf, inputs, data_format)
        for axis, count in enumerate(_each(output_size, rank(x) - 2), start=1):
            bounds = [(part * x.shape[axis] // count, -(-(part + 1) * x.shape[axis] // count)) for part in range(count)]
            parts = [getattr(tf, function)(x[(slice(None),) * axis + (slice(*each),)], axis=axis) for each in bounds]
            x = tf.stack(parts, axis=axis)
        return as_given(tf, x, data_format)

    return build


def _of_unknown_size(arguments: Mapping[str, Any]) -> str | None:
    shape: Sequence[Any] = arguments["inputs"].shape
    spatial = shape[2:] if arguments["data_format"] == FIRST else shape[1:-1]
    return "the size of an axis to pool is not known" if None in spatial else None


def _patches(  # noqa: PLR0913 - the arguments of Keras
    tf: Any,
    images: Any,
    *,
    size: Any,
    strides: Any = None,
    dilation_rate: Any = 1,
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    x = channels_last(tf, images, data_format)
    window = _each(size, rank(x) - 2)
    steps = window if not strides else _each(strides, rank(x) - 2)
    spread = _each(dilation_rate, rank(x) - 2)
    found = tf.image.extract_patches(
        x, sizes=[1, *window, 1], strides=[1, *steps, 1], rates=[1, *spread, 1], padding=padding.upper()
    )
    return as_given(tf, found, data_format)


def _volumes(arguments: Mapping[str, Any]) -> str | None:
    return None if len(arguments["images"].shape) == 4 else "only patches of batches of images are supported"


_KERNEL = Constant([[[0.5, 1.0], [-1.0, 2.0], [1.0, 0.25]], [[1.5, -0.5], [0.75, 1.0], [-2.0, 1.0]]], "float32")
_SQUARE = Constant([[[[0.5, 1.0], [1.0, -1.0]], [[2.0, 0.5], [0.25, 1.0]]]] * 2, "float32")
_IMAGE = tensor(6, 5, 2)
_POOLED = (
    example(_IMAGE, pool_size=2),
    example(_IMAGE, pool_size=[3, 2], strides=2, padding="same"),
    example(tensor(2, 6), pool_size=2, strides=1, data_format=FIRST),
)
_PARTS = (
    example(_IMAGE, output_size=(2, 2)),
    example(tensor(2, 6), output_size=(4,), data_format=FIRST),
    example(_IMAGE, output_size=(3, 4)),
)
OPERATIONS = (
    named(
        "Conv",
        convolve,
        example(tensor(6, 3), _KERNEL),
        example(_IMAGE, _SQUARE, strides=2, padding="same"),
        example(_IMAGE, _SQUARE, dilation_rate=2, padding="same"),
    ),
    named(
        "DepthwiseConv",
        _depthwise,
        example(tensor(6, 3), _KERNEL),
        example(_IMAGE, _SQUARE, strides=2, padding="same"),
        refuse=_stepping_wide,
    ),
    named(
        "SeparableConv",
        _separable,
        example(_IMAGE, _SQUARE, Constant([[[[1.0], [2.0], [-1.0], [0.5]]]], "float32"), padding="same"),
        refuse=_stepping_wide,
    ),
    named("MaxPool", _pool("max_pool"), *_POOLED),
    named("AveragePool", _pool("avg_pool"), *_POOLED),
    named("AdaptiveMaxPool", _adaptive("reduce_max"), *_PARTS, refuse=_of_unknown_size),
    named("AdaptiveAveragePool", _adaptive("reduce_mean"), *_PARTS, refuse=_of_unknown_size),
    named(
        "ExtractPatches",
        _patches,
        example(_IMAGE, size=2),
        example(_IMAGE, size=[3, 2], strides=1, padding="same"),
        refuse=_volumes,
    ),
)
