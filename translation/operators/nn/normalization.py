"""Biases, batch and local response normalization, and embedding lookups."""

# ruff: noqa: A002, ARG001, PLR0913, PLR0917  (the names and defaults of TensorFlow)

from __future__ import annotations

from typing import Any

import numpy as np

from translation.operators import constants
from translation.operators.nn.pooling import backend_layout
from translation.operators.operator import FLOATS, defined_in, example, named, renamed, tensor
from translation.operators.symbolic import is_symbolic


def _bias_add(ops: Any, value: Any, bias: Any, data_format: str | None = None) -> Any:
    if str(data_format).startswith("NC"):
        bias = ops.reshape(bias, (-1, *[1] * (len(value.shape) - 2)))
    return ops.add(value, bias)


def _backend_bias_add(ops: Any, x: Any, bias: Any, data_format: str | None = None) -> Any:
    if len(bias.shape) > 1 and data_format == "channels_first":
        # Not transposed but reshaped, as Keras 2 does.
        return ops.add(x, ops.reshape(bias, (1, bias.shape[-1], *bias.shape[:-1])))
    return _bias_add(ops, x, bias, backend_layout(data_format))


def _normalized(ops: Any, x: Any, mean: Any, variance: Any, offset: Any, scale: Any, variance_epsilon: float) -> Any:
    return scaled(ops, x, mean, ops.rsqrt(ops.add(variance, variance_epsilon)), scale, offset)


def scaled(ops: Any, x: Any, mean: Any, factor: Any, gamma: Any = None, beta: Any = None) -> Any:
    """`(x - mean) * factor * gamma + beta`, in the order in which TensorFlow computes it."""
    factor = factor if gamma is None else ops.multiply(factor, gamma)
    shift = ops.multiply(mean, factor)
    shift = ops.negative(shift) if beta is None else ops.subtract(beta, shift)
    return ops.add(ops.multiply(x, factor), shift)


def _globally(
    ops: Any,
    input: Any,
    mean: Any,
    variance: Any,
    beta: Any,
    gamma: Any,
    variance_epsilon: float,
    scale_after_normalization: bool,
) -> Any:
    scale = gamma if scale_after_normalization else None
    return _normalized(ops, input, mean, variance, beta, scale, variance_epsilon)


def _backend_normalized(
    ops: Any, x: Any, mean: Any, var: Any, beta: Any, gamma: Any, axis: int = -1, epsilon: float = 1e-3
) -> Any:
    if len(x.shape) == 4:
        along = [1] * 4
        along[axis] = -1
        statistics = mean, var, beta, gamma
        mean, var, beta, gamma = (each if each is None else ops.reshape(each, along) for each in statistics)
    return _normalized(ops, x, mean, var, beta, gamma, epsilon)


def _fused(
    ops: Any,
    x: Any,
    scale: Any,
    offset: Any,
    mean: Any = None,
    variance: Any = None,
    epsilon: float = 0.001,
    data_format: str = "NHWC",
    is_training: bool = True,
    exponential_avg_factor: float = 1.0,
) -> list[Any]:
    if is_training:
        raise ValueError("is_training=True, which normalizes by the statistics of the batch, is not supported")
    along = (-1, *[1] * (len(x.shape) - 2)) if data_format.startswith("NC") else (-1,)
    mean_of, variance_of, shift, factor = (ops.reshape(each, along) for each in (mean, variance, offset, scale))
    nothing = ops.sum(ops.zeros_like(x))  # outputs of a model must depend on its inputs
    statistics = [ops.add(each, nothing) for each in (mean, variance)]
    # The least epsilon of TensorFlow's kernel.
    return [_normalized(ops, x, mean_of, variance_of, shift, factor, max(epsilon, 1.001e-5)), *statistics]


def _normalize_moments(ops: Any, counts: Any, mean_ss: Any, variance_ss: Any, shift: Any) -> list[Any]:
    mean = ops.divide(mean_ss, counts)
    variance = ops.subtract(ops.divide(variance_ss, counts), ops.square(mean))
    return [mean if shift is None else ops.add(mean, shift), variance]


def _weighted_sum(ops: Any, x: Any, weights: Any, biases: Any) -> Any:
    return ops.add(ops.matmul(x, weights), biases)


def _relu_layer(ops: Any, x: Any, weights: Any, biases: Any) -> Any:
    return ops.relu(_weighted_sum(ops, x, weights, biases))


def _locally(ops: Any, input: Any, depth_radius: int = 5, bias: float = 1, alpha: float = 1, beta: float = 0.5) -> Any:
    channels = input.shape[-1]
    squares = ops.pad(ops.square(input), [(0, 0)] * (len(input.shape) - 1) + [(depth_radius, depth_radius)])
    total = squares[..., :channels]
    for start in range(1, 2 * depth_radius + 1):
        total = ops.add(total, squares[..., start : start + channels])
    return ops.divide(input, ops.power(ops.add(ops.multiply(total, alpha), bias), beta))


def _weighted_moments(ops: Any, x: Any, axes: Any, frequency_weights: Any, keepdims: bool = False) -> Any:
    axes = tuple(axes) if isinstance(axes, (list, tuple)) else (axes,)

    def total(values: Any) -> Any:
        return ops.sum(values, axis=axes, keepdims=True)

    weights = total(ops.add(frequency_weights, ops.zeros_like(x)))
    mean = ops.divide(total(ops.multiply(frequency_weights, x)), weights)
    distance = total(ops.multiply(frequency_weights, ops.square(ops.subtract(x, mean))))
    both = [mean, ops.divide(distance, weights)]
    return both if keepdims else [ops.squeeze(each, axes) for each in both]


def _embedding_lookup(ops: Any, params: Any, ids: Any, max_norm: float | None = None) -> Any:
    if max_norm is not None:
        raise ValueError("max_norm is not supported")
    return ops.take(_whole(params, ids), ids, axis=0)


def is_table(params: Any) -> bool:
    """Whether a list holds the rows of one table of numbers."""
    return not any(map(is_symbolic, params)) and np.ndim(params) <= 2


def _whole(params: Any, near: Any) -> Any:
    """A table, which may be a list of numbers, or a list of one part."""
    if isinstance(params, (list, tuple)) and not is_table(params):
        if len(params) > 1:
            raise ValueError("a table split into several parts is not supported")
        params = params[0]
    return params if hasattr(params, "dtype") else constants.tensor(constants.array(params), near)


_OLD_LOOKUP = renamed(_embedding_lookup, "params ids -partition_strategy -validate_indices max_norm")
_BIASED = (example(tensor(4), [1.5, -2.0, 0.25, 3.0]), example(tensor(2, 3, 2), [0.5, -1.0], data_format="NHWC"))
# Only row 0 exists in every batch.
_LOOKED_UP = example(tensor(4, 3), [0, 0]), example(tensor(3), ids=[[0], [0]])
_DENSE = (
    example(tensor(3), [[1.0, -2.0], [0.5, 0.25], [-1.5, 3.0]], [0.5, -1.0]),
    example(tensor(1), [[2.0, -1.0, 0.5]], biases=[0.0, 1.0, -4.0]),
)
_STATISTICS = (
    example(*[tensor(4)] * 2, tensor(4, domain="positive"), *[tensor(4)] * 2, 1e-2),
    example(tensor(2, 3), tensor(1, 3), tensor(1, 3, domain="positive"), None, None, 1e-5),
)

SOURCES = defined_in("ops/embedding_ops ops/gen_nn_ops ops/nn_impl ops/nn_ops", keras="backend")
OPERATORS = (
    named("nn.bias_add", "value bias", _bias_add, *_BIASED, dtypes="float32"),
    named("keras.backend.bias_add", "x bias", _backend_bias_add),
    named("nn.batch_normalization", "x mean variance offset scale", _normalized, *_STATISTICS, dtypes=FLOATS),
    named(
        "nn.batch_norm_with_global_normalization",
        "input mean variance beta gamma",
        _globally,
        example(*_STATISTICS[0].arguments, True),
        example(*_STATISTICS[0].arguments, scale_after_normalization=False),
        dtypes=FLOATS,
    ),
    named(
        "keras.backend.batch_normalization", "x mean var beta gamma", _backend_normalized, *_STATISTICS, dtypes=FLOATS
    ),
    named(
        "compat.v1.nn.fused_batch_norm",
        "x scale offset mean variance",
        _fused,
        example(tensor(3, 4, 2), [1.5, -0.5], [0.1, 3.0], [0.5, -1.0], [2.0, 0.3], is_training=False),
        example(tensor(1, 2, 1), [1.5], [0.1], [0.5], [2.0], epsilon=1e-7, is_training=False),
        dtypes="float32",
    ),
    named(
        "nn.normalize_moments",
        "counts mean_ss variance_ss shift",
        _normalize_moments,
        example(8.0, tensor(4), tensor(4), tensor(4)),
        example(3.0, tensor(2, 3), tensor(2, 3), shift=None),
        dtypes="float32",
    ),
    named("compat.v1.nn.xw_plus_b", "x weights biases", _weighted_sum, *_DENSE, dtypes="float32"),
    named("compat.v1.nn.relu_layer", "x weights biases", _relu_layer, *_DENSE, dtypes="float32"),
    named(
        "nn.local_response_normalization nn.lrn",
        "input",
        _locally,
        example(tensor(2, 3, 7), 2, 1.5, 0.4, 0.75),
        example(tensor(3, 2, 4)),
        dtypes="float32",
    ),
    named(
        "nn.weighted_moments",
        "x frequency_weights",
        _weighted_moments,
        example(tensor(4), [1], [1.0, 2.0, 0.5, 3.0]),
        example(tensor(2, 3), [1, 2], tensor(2, 3, domain="positive"), keepdims=True),
        dtypes="float32",
    ),
    named("nn.embedding_lookup", "ids", _embedding_lookup, *_LOOKED_UP),
    named("compat.v1.nn.embedding_lookup", "ids", _OLD_LOOKUP, *_LOOKED_UP),
)
