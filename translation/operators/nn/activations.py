"""Activations of `tf.nn`, `keras.activations` and `keras.backend`."""

from __future__ import annotations

from typing import Any

from translation.operators.dtypes import is_whole
from translation.operators.operator import FLOATS, Build, Example, defined_in, example, named, op, renamed, same, tensor

_TWO = (example(tensor(5)), example(tensor(2, 3)))


def relu(ops: Any, x: Any, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """Keras 2's relu: `x` from the threshold up to `max_value`, with a slope below."""
    above = ops.relu(x) if threshold == 0 else ops.multiply(x, ops.cast(ops.greater(x, threshold), x.dtype))
    if max_value is not None:
        above = ops.minimum(ops.maximum(above, 0), max_value)
    if alpha == 0:
        return above
    return ops.subtract(above, ops.multiply(ops.relu(ops.subtract(threshold, x)), alpha))


def hard_sigmoid(ops: Any, x: Any) -> Any:
    """Keras 2's formula; Keras 3's function of that name has another."""
    return ops.clip(ops.add(ops.multiply(x, 0.2), 0.5), 0.0, 1.0)


def _leaky_relu(ops: Any, features: Any, alpha: float = 0.2) -> Any:
    return ops.leaky_relu(ops.cast(features, "float32") if is_whole(features) else features, negative_slope=alpha)


def _silu(ops: Any, features: Any, beta: float = 1.0) -> Any:
    return ops.multiply(features, ops.sigmoid(ops.multiply(features, beta)))


def _mish(ops: Any, x: Any) -> Any:
    return ops.multiply(x, ops.tanh(ops.softplus(x)))


def _crelu(ops: Any, features: Any, axis: int = -1) -> Any:
    return ops.relu(ops.concatenate([features, ops.negative(features)], axis=axis))


def _along(operation: str) -> Build:
    return lambda ops, logits, axis=None: getattr(ops, operation)(logits, axis=-1 if axis is None else axis)


def _softmax(ops: Any, x: Any, axis: Any = -1) -> Any:
    if isinstance(axis, int):
        return ops.softmax(x, axis=axis)
    powers = ops.exp(ops.subtract(x, ops.max(x, axis=tuple(axis), keepdims=True)))
    return ops.divide(powers, ops.sum(powers, axis=tuple(axis), keepdims=True))


_ALONG: tuple[Example, ...] = (*_TWO, example(tensor(2, 3), axis=1))
_RELU: tuple[Example, ...] = (
    *_TWO,
    example(tensor(5), alpha=0.3),
    example(tensor(5), max_value=4.0),
    example(tensor(5), 0.1, 6.0, 1.5),
    example(tensor(2, 3), threshold=-2.0, alpha=0.2),
)

SOURCES = defined_in("ops/gen_nn_ops ops/nn_impl ops/nn_ops", keras="activations backend")
OPERATORS = (
    same("nn.relu", "features", "relu", *_TWO),
    same("nn.relu6", "features", "relu6", *_TWO, dtypes=FLOATS),
    same("nn.selu", "features", "selu", *_TWO, dtypes=FLOATS),
    same("nn.elu", "features", "elu", *_TWO, dtypes=FLOATS),
    same("keras.activations.softsign", "x", "softsign", *_TWO, dtypes=FLOATS),
    same("keras.activations.exponential", "x", "exp", *_TWO, dtypes=FLOATS),
    same("keras.activations.selu", "x", "selu", *_TWO, dtypes=FLOATS),
    same("keras.activations.sigmoid", "x", "sigmoid", *_TWO, dtypes=FLOATS),
    same("keras.activations.softplus", "x", "softplus", *_TWO, dtypes=FLOATS),
    same("keras.activations.swish", "x", "silu", *_TWO, dtypes=FLOATS),
    same("keras.activations.tanh", "x", "tanh", *_TWO, dtypes=FLOATS),
    same("keras.activations.linear", "x", "copy", *_TWO),
    named("keras.activations.mish", "x", _mish, *_TWO, dtypes=FLOATS),
    named("keras.activations.elu", "x", op("elu", "x alpha:1.0"), *_TWO, example(tensor(5), 0.4), dtypes=FLOATS),
    named("keras.backend.elu", "x", op("elu", "x alpha:1.0"), *_TWO, example(tensor(5), alpha=1.5), dtypes=FLOATS),
    named("keras.activations.relu", "x", relu, *_RELU, dtypes=FLOATS),
    named("keras.backend.relu", "x", relu, *_RELU, dtypes=FLOATS),
    named("keras.activations.hard_sigmoid", "x", hard_sigmoid, *_TWO, dtypes=FLOATS),
    named("keras.backend.hard_sigmoid", "x", hard_sigmoid, *_TWO, dtypes=FLOATS),
    named(
        "keras.activations.gelu",
        "x",
        op("gelu", "x approximate:False"),
        *_TWO,
        example(tensor(5), True),
        dtypes=FLOATS,
    ),
    named(
        "nn.gelu",
        "features",
        op("gelu", "features approximate:False"),
        *_TWO,
        example(tensor(5), approximate=True),
        dtypes=FLOATS,
    ),
    named("nn.leaky_relu", "features", _leaky_relu, *_TWO, example(tensor(5), alpha=0.3), dtypes=FLOATS),
    named("nn.silu nn.swish", "features", _silu, *_TWO, example(tensor(5), beta=1.7), dtypes=FLOATS),
    named("nn.crelu", "features", _crelu, *_TWO, example(tensor(2, 3), axis=1), dtypes=FLOATS),
    named("compat.v1.nn.crelu", "features", _crelu, *_TWO, example(tensor(2, 3), axis=1), dtypes=FLOATS),
    named("nn.softmax", "logits", _along("softmax"), *_ALONG, dtypes=FLOATS),
    named("nn.log_softmax", "logits", _along("log_softmax"), *_ALONG, dtypes=FLOATS),
    named("compat.v1.nn.softmax", "logits", renamed(_along("softmax"), "logits axis dim=axis"), *_ALONG, dtypes=FLOATS),
    named(
        "compat.v1.nn.log_softmax",
        "logits",
        renamed(_along("log_softmax"), "logits axis dim=axis"),
        *_ALONG,
        dtypes=FLOATS,
    ),
    named("keras.activations.softmax", "x", _softmax, *_ALONG, example(tensor(2, 3), axis=[1, 2]), dtypes=FLOATS),
    named("keras.backend.softmax", "x", _softmax, *_ALONG, dtypes=FLOATS),
)
