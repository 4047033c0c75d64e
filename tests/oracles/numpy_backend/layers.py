"""Products of matrices, activations and normalisations."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from interchange.tensors import Array
from tests.oracles.numpy_backend.tensors import Function, array, arrays, axes, backend, room, size, table


def _matmul(a: Any, b: Any, transpose_a: bool = False, transpose_b: bool = False, **_: Any) -> Array:
    left, right = arrays(a, b)
    left = np.swapaxes(left, -1, -2) if transpose_a else left
    right = np.swapaxes(right, -1, -2) if transpose_b else right
    room((left.size // max(left.shape[-1], 1), right.shape[-1]))
    return np.asarray(np.matmul(left, right))


def _dot(x: Any, y: Any) -> Array:
    """Keras: the last axis of the one and the last but one of the other."""
    left, right = arrays(x, y)
    return np.tensordot(left, right, ([left.ndim - 1], [max(right.ndim - 2, 0)]))


def _tensordot(a: Any, b: Any, axes: Any, **_: Any) -> Array:
    left, right = arrays(a, b)
    return np.asarray(np.tensordot(left, right, axes))


def _batch_dot(x: Any, y: Any, axes: Any = None) -> Array:
    """One product for each sample; two matrices keep an axis of one."""
    left, right = arrays(x, y)
    if axes is None:
        axes = (left.ndim - 1, right.ndim - 2 if right.ndim > 2 else right.ndim - 1)
    mine, others = (axes, axes) if isinstance(axes, int) else axes
    pairs = zip(left, right) if len(left) == len(right) else ()
    found = [np.tensordot(a, b, ([mine % left.ndim - 1], [others % right.ndim - 1])) for a, b in pairs]
    return np.stack(found).reshape(len(found), -1) if np.ndim(found[0]) == 0 else np.stack(found)


def _softmax(x: Any, axis: Any = -1, **_: Any) -> Array:
    found = array(x)
    raised = np.exp(found - np.max(found, axis=size(axis), keepdims=True))
    return np.asarray(raised / np.sum(raised, axis=size(axis), keepdims=True))


def _log_softmax(logits: Any, axis: Any = -1, **_: Any) -> Array:
    found = array(logits)
    moved = found - np.max(found, axis=size(axis), keepdims=True)
    return np.asarray(moved - np.log(np.sum(np.exp(moved), axis=size(axis), keepdims=True)))


def _sigmoid(x: Array) -> Array:
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small)).astype(x.dtype)


def _softplus(x: Array) -> Array:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def _relu(x: Any, alpha: float = 0.0, max_value: float | None = None, threshold: float = 0.0, **_: Any) -> Array:
    """Keras's rectifier: below the threshold a slope, above it the number, up to a greatest."""
    found = array(x)
    high = np.where(found >= threshold, found, 0)
    high = high if max_value is None else np.minimum(high, max_value)
    low = np.where(found < threshold, alpha * (found - threshold), 0) if alpha else 0
    return np.asarray(high + low).astype(found.dtype)


def _elu(x: Any, alpha: float = 1.0, **_: Any) -> Array:
    found = array(x)
    return np.where(found > 0, found, alpha * np.expm1(np.minimum(found, 0))).astype(found.dtype)


def _selu(x: Array) -> Array:
    return 1.0507009873554805 * np.where(x > 0, x, 1.6732632423543772 * np.expm1(np.minimum(x, 0)))


def _gelu(x: Any, approximate: bool = False, **_: Any) -> Array:
    found = array(x)
    if approximate:
        inner = np.tanh(math.sqrt(2 / math.pi) * (found + 0.044715 * found**3))
    else:
        inner = np.vectorize(math.erf, otypes=[found.dtype])(found / math.sqrt(2))
    return np.asarray(0.5 * found * (1 + inner)).astype(found.dtype)


def _leaky(features: Any, alpha: float = 0.2, **_: Any) -> Array:
    return _relu(features, alpha)


def _l2(x: Any, axis: Any = None, epsilon: float = 1e-12, **_: Any) -> Array:
    found = array(x)
    total = np.sum(np.square(found), axis=axes(axis), keepdims=True)
    return np.asarray(found / np.sqrt(np.maximum(total, np.asarray(epsilon, found.dtype))))


def _unary(function: Function) -> Function:
    """A function of one array that keeps its dtype."""

    def call(x: Any, **_: Any) -> Array:
        found = array(x)
        return np.asarray(function(found)).astype(found.dtype)

    return call


def _activation(name: str) -> str:
    return f"nn.{name} keras.backend.{name} keras.activations.{name}"


FUNCTIONS = table({
    "linalg.matmul matmul": _matmul,
    backend("dot"): _dot,
    backend("batch_dot"): _batch_dot,
    "tensordot": _tensordot,
    "einsum linalg.einsum": lambda equation, *inputs, **_: np.einsum(equation, *arrays(*inputs)),
    "linalg.diag_part": lambda x, **_: np.diagonal(array(x), axis1=-2, axis2=-1),
    "linalg.trace": lambda x, **_: np.trace(array(x), axis1=-2, axis2=-1),
    _activation("softmax"): _softmax,
    "nn.log_softmax math.log_softmax": _log_softmax,
    _activation("sigmoid") + " sigmoid math.sigmoid": _unary(_sigmoid),
    _activation("softplus") + " math.softplus": _unary(_softplus),
    _activation("softsign") + " math.softsign": _unary(lambda x: x / (1 + np.abs(x))),
    _activation("elu"): _elu,
    "nn.selu keras.activations.selu": _unary(_selu),
    _activation("gelu"): _gelu,
    _activation("relu"): _relu,
    "nn.relu6": lambda features, **_: _relu(features, max_value=6.0),
    "nn.leaky_relu": _leaky,
    "nn.swish nn.silu keras.activations.swish": _unary(lambda x: x * _sigmoid(x)),
    "keras.backend.hard_sigmoid keras.activations.hard_sigmoid": _unary(lambda x: np.clip(0.2 * x + 0.5, 0, 1)),
    "math.l2_normalize nn.l2_normalize linalg.l2_normalize keras.backend.l2_normalize": _l2,
})  # fmt: skip
