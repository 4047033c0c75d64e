"""Activations: of `tf.nn`, and of Keras 2 where it has its own idea of one."""

from __future__ import annotations

from typing import Any

from importer.operators.dtypes import is_whole
from importer.operators.operator import Example, Operator, example, named, tensor

_FLOATS = "float32 float64"
_TWO = (example(tensor(5)), example(tensor(2, 3)))


def _of_one(names: str, argument: str, said: str, dtypes: str = _FLOATS) -> Operator:
    """A function of one tensor, which TensorFlow calls `argument`."""
    build: dict[str, Any] = {
        "features": lambda ops, features: getattr(ops, said)(features),
        "x": lambda ops, x: getattr(ops, said)(x),
    }
    return named(names, argument, build[argument], *_TWO, dtypes=dtypes)


def relu(ops: Any, x: Any, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0) -> Any:
    """Keras 2's relu: `x` from the threshold up to `max_value`, and a slope below."""
    above = ops.relu(x) if threshold == 0 else ops.multiply(x, ops.cast(ops.greater(x, threshold), x.dtype))
    if max_value is not None:
        above = ops.minimum(ops.maximum(above, 0), max_value)
    if alpha == 0:
        return above
    return ops.subtract(above, ops.multiply(ops.relu(ops.subtract(threshold, x)), alpha))


def _elu(ops: Any, x: Any, alpha: float = 1.0) -> Any:
    return ops.elu(x, alpha=alpha)


def _hard_sigmoid(ops: Any, x: Any) -> Any:
    return ops.clip(ops.add(ops.multiply(x, 0.2), 0.5), 0.0, 1.0)


def _keras_gelu(ops: Any, x: Any, approximate: bool = False) -> Any:
    return ops.gelu(x, approximate=approximate)


def _gelu(ops: Any, features: Any, approximate: bool = False) -> Any:
    return ops.gelu(features, approximate=approximate)


def _leaky_relu(ops: Any, features: Any, alpha: float = 0.2) -> Any:
    return ops.leaky_relu(ops.cast(features, "float32") if is_whole(features) else features, negative_slope=alpha)


def _silu(ops: Any, features: Any, beta: float = 1.0) -> Any:
    return ops.multiply(features, ops.sigmoid(ops.multiply(features, beta)))


def _mish(ops: Any, x: Any) -> Any:
    return ops.multiply(x, ops.tanh(ops.softplus(x)))


def _crelu(ops: Any, features: Any, axis: int = -1) -> Any:
    return ops.relu(ops.concatenate([features, ops.negative(features)], axis=axis))


def _along(said: str) -> Any:
    return lambda ops, logits, axis=None: getattr(ops, said)(logits, axis=-1 if axis is None else axis)


def _formerly_along(said: str) -> Any:
    return lambda ops, logits, axis=None, dim=None: _along(said)(ops, logits, dim if axis is None else axis)


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

OPERATORS = (
    _of_one("nn.relu", "features", "relu", "float32 int32"),
    _of_one("nn.relu6", "features", "relu6"),
    _of_one("nn.selu", "features", "selu"),
    _of_one("nn.elu", "features", "elu"),
    _of_one("keras.activations.softsign", "x", "softsign"),
    _of_one("keras.activations.exponential", "x", "exp"),
    _of_one("keras.activations.selu", "x", "selu"),
    _of_one("keras.activations.sigmoid", "x", "sigmoid"),
    _of_one("keras.activations.softplus", "x", "softplus"),
    _of_one("keras.activations.swish", "x", "silu"),
    _of_one("keras.activations.tanh", "x", "tanh"),
    named("keras.activations.linear", "x", lambda ops, x: ops.copy(x), *_TWO),
    named("keras.activations.mish", "x", _mish, *_TWO, dtypes=_FLOATS),
    named("keras.activations.elu", "x", _elu, *_TWO, example(tensor(5), 0.4), dtypes=_FLOATS),
    named("keras.backend.elu", "x", _elu, *_TWO, example(tensor(5), alpha=1.5), dtypes=_FLOATS),
    named("keras.activations.relu", "x", relu, *_RELU, dtypes=_FLOATS),
    named("keras.backend.relu", "x", relu, *_RELU, dtypes=_FLOATS),
    named("keras.activations.hard_sigmoid", "x", _hard_sigmoid, *_TWO, dtypes=_FLOATS),
    named("keras.backend.hard_sigmoid", "x", _hard_sigmoid, *_TWO, dtypes=_FLOATS),
    named("keras.activations.gelu", "x", _keras_gelu, *_TWO, example(tensor(5), True), dtypes=_FLOATS),
    named("nn.gelu", "features", _gelu, *_TWO, example(tensor(5), approximate=True), dtypes=_FLOATS),
    named("nn.leaky_relu", "features", _leaky_relu, *_TWO, example(tensor(5), alpha=0.3), dtypes=_FLOATS),
    named("nn.silu nn.swish", "features", _silu, *_TWO, example(tensor(5), beta=1.7), dtypes=_FLOATS),
    named("nn.crelu", "features", _crelu, *_TWO, example(tensor(2, 3), axis=1), dtypes=_FLOATS),
    named("compat.v1.nn.crelu", "features", _crelu, *_TWO, example(tensor(2, 3), axis=1), dtypes=_FLOATS),
    named("nn.softmax", "logits", _along("softmax"), *_ALONG, dtypes=_FLOATS),
    named("nn.log_softmax", "logits", _along("log_softmax"), *_ALONG, dtypes=_FLOATS),
    named("compat.v1.nn.softmax", "logits", _formerly_along("softmax"), *_ALONG, dtypes=_FLOATS),
    named("compat.v1.nn.log_softmax", "logits", _formerly_along("log_softmax"), *_ALONG, dtypes=_FLOATS),
    named("keras.activations.softmax", "x", _softmax, *_ALONG, example(tensor(2, 3), axis=[1, 2]), dtypes=_FLOATS),
    named("keras.backend.softmax", "x", _softmax, *_ALONG, dtypes=_FLOATS),
)
