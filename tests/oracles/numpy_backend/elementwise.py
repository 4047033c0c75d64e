"""Functions that look at one number at a time, or at one pair."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from interchange.tensors import Array
from tests.oracles.numpy_backend.tensors import Function, array, arrays, backend, room, table


def _unary(function: Function) -> Function:
    return lambda x, **_: function(array(x))


def _binary(function: Function) -> Function:
    def call(x: Any, y: Any, **_: Any) -> Array:
        left, right = arrays(x, y)
        room(np.broadcast_shapes(left.shape, right.shape))
        return np.asarray(function(left, right))

    return call


def _divide(x: Array, y: Array) -> Array:
    """Whole numbers divide to float64, short ones to float32."""
    if x.dtype.kind not in "iu":
        return np.true_divide(x, y)
    kind = np.float32 if x.dtype.itemsize < 4 else np.float64
    return np.asarray(np.true_divide(x.astype(kind), y.astype(kind)))


def _divide_no_nan(x: Array, y: Array) -> Array:
    return np.where(y == 0, np.zeros_like(x), x / np.where(y == 0, np.ones_like(y), y))


def _select(condition: Any, x: Any = None, y: Any = None, **_: Any) -> Array:
    if x is None or y is None:
        raise TypeError("without values to choose from")
    return np.where(array(condition).astype(bool), *arrays(x, y))


def _switch(condition: Any, then_expression: Any, else_expression: Any) -> Array:
    """The condition may lack axes at its end."""
    chosen, (x, y) = array(condition).astype(bool), arrays(_called(then_expression), _called(else_expression))
    return np.where(chosen.reshape(chosen.shape + (1,) * (x.ndim - chosen.ndim)), x, y)


def _called(value: Any) -> Any:
    return value() if callable(value) else value


def _clip(x: Any, low: Any, high: Any, **_: Any) -> Array:
    found, lower, upper = arrays(x, -math.inf if low is None else low, math.inf if high is None else high)
    return np.minimum(np.maximum(found, lower), upper)


def _cast(x: Any, dtype: str, **_: Any) -> Array:
    return array(x).astype(dtype)


def _root(x: Array) -> Array:
    """Keras's own root takes nothing below zero."""
    return np.sqrt(np.maximum(x, np.zeros((), x.dtype)))


def _erf(x: Array) -> Array:
    return np.asarray(np.vectorize(math.erf, otypes=[x.dtype])(x))


_LOGICAL: dict[str, Function] = {
    "math.logical_and logical_and": np.logical_and,
    "math.logical_or logical_or": np.logical_or,
    "math.logical_xor": np.logical_xor,
    "bitwise.bitwise_and": np.bitwise_and,
    "bitwise.bitwise_or": np.bitwise_or,
    "bitwise.bitwise_xor": np.bitwise_xor,
}
_BINARY: dict[str, Function] = {
    "__operators__.add math.add add": np.add,
    "math.subtract subtract": np.subtract,
    "math.multiply multiply": np.multiply,
    "math.truediv math.divide truediv divide realdiv": _divide,
    "math.divide_no_nan": _divide_no_nan,
    "compat.v1.floor_div math.floordiv floordiv": np.floor_divide,
    "math.floormod math.mod floormod": np.mod,
    "math.pow pow keras.backend.pow": np.power,
    "math.maximum maximum keras.backend.maximum": np.maximum,
    "math.minimum minimum keras.backend.minimum": np.minimum,
    "math.squared_difference": lambda x, y: np.square(x - y),
    "math.atan2 atan2": np.arctan2,
    "__operators__.eq math.equal equal keras.backend.equal": np.equal,
    "__operators__.ne math.not_equal not_equal keras.backend.not_equal": np.not_equal,
    "math.less less keras.backend.less": np.less,
    "math.less_equal less_equal keras.backend.less_equal": np.less_equal,
    "math.greater greater keras.backend.greater": np.greater,
    "math.greater_equal greater_equal keras.backend.greater_equal": np.greater_equal,
    **_LOGICAL,
}
_UNARY: dict[str, Function] = {
    "math.negative negative": np.negative,
    "math.abs abs keras.backend.abs": np.abs,
    "math.exp exp keras.backend.exp": np.exp,
    "math.expm1": np.expm1,
    "math.log keras.backend.log": np.log,
    "math.log1p": np.log1p,
    "math.sqrt sqrt": np.sqrt,
    "keras.backend.sqrt": _root,
    "math.rsqrt": lambda x: 1 / np.sqrt(x),
    "math.square square keras.backend.square": np.square,
    "math.reciprocal": np.reciprocal,
    "math.sign sign keras.backend.sign": np.sign,
    "math.round round keras.backend.round math.rint": lambda x: np.rint(x).astype(x.dtype),
    "math.floor floor": np.floor,
    "math.ceil": np.ceil,
    "math.sin sin keras.backend.sin": np.sin,
    "math.cos cos keras.backend.cos": np.cos,
    "math.tan tan": np.tan,
    "math.asin asin": np.arcsin,
    "math.acos acos": np.arccos,
    "math.atan atan": np.arctan,
    "math.sinh sinh": np.sinh,
    "math.cosh cosh": np.cosh,
    "math.tanh tanh nn.tanh keras.backend.tanh keras.activations.tanh": np.tanh,
    "math.erf": _erf,
    "math.is_nan": np.isnan,
    "math.is_inf": np.isinf,
    "math.is_finite": np.isfinite,
    "math.logical_not logical_not": np.logical_not,
    "bitwise.invert": np.invert,
    "identity stop_gradient keras.backend.identity keras.backend.stop_gradient keras.activations.linear": np.asarray,
    "convert_to_tensor": np.asarray,
    "zeros_like keras.backend.zeros_like": np.zeros_like,
    "ones_like keras.backend.ones_like": np.ones_like,
}
FUNCTIONS = {
    **table({names: _binary(function) for names, function in _BINARY.items()}),
    **table({names: _unary(function) for names, function in _UNARY.items()}),
    **table({
        "where compat.v1.where": _select,
        backend("switch"): _switch,
        "clip_by_value keras.backend.clip": _clip,
        "cast keras.backend.cast": _cast,
    }),
}  # fmt: skip
