"""`math` and `numpy`: computed by Python and NumPy, or by TensorFlow's functions where there is a tensor."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from bytecode.interpreter.arithmetic import plainly
from bytecode.interpreter.context import Context
from bytecode.interpreter.values import BUILTINS, MATH, NUMPY, Dtype, Symbol
from bytecode.refusals import Refused, Unknown

SPACES = (MATH, NUMPY)

_MATH = frozenset(
    "sqrt exp expm1 log log2 log10 log1p sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh pow floor "
    "ceil trunc fabs hypot degrees radians isnan isinf isfinite erf erfc gamma lgamma copysign fmod fsum prod".split()
)
_ELEMENTWISE = frozenset(
    "abs absolute exp expm1 exp2 log log2 log10 log1p sqrt square cbrt sin cos tan arcsin arccos arctan arctan2 "
    "sinh cosh tanh arcsinh arccosh arctanh floor ceil rint trunc round around sign negative reciprocal isnan "
    "isinf isfinite fabs deg2rad rad2deg radians degrees add subtract multiply divide true_divide floor_divide "
    "power mod remainder maximum minimum hypot equal not_equal less less_equal greater greater_equal logical_and "
    "logical_or logical_not clip where".split()
)
_REDUCING = frozenset(
    "sum prod mean std var median max min amax amin any all argmax argmin cumsum cumprod size ndim shape sort "
    "reshape transpose squeeze expand_dims ravel flip roll concatenate stack vstack hstack array asarray zeros_like "
    "ones_like linalg.norm tril triu full_like".split()
)
_LARGE: dict[str, Callable[..., int]] = {
    "zeros": lambda shape, *_, **__: math.prod(np.atleast_1d(shape).tolist()),
    "ones": lambda shape, *_, **__: math.prod(np.atleast_1d(shape).tolist()),
    "full": lambda shape, *_, **__: math.prod(np.atleast_1d(shape).tolist()),
    "eye": lambda rows, columns=None, *_, **__: rows * (columns or rows),
    "identity": lambda rows, *_, **__: rows * rows,
    "arange": lambda *ends, **_: _count(*ends),
    "linspace": lambda _, __, num=50, *___, **____: num,
    "tile": lambda array, times: np.size(array) * math.prod(np.atleast_1d(times).tolist()),
    "repeat": lambda array, times, *_, **__: np.size(array) * int(np.max(times)),
    "outer": lambda left, right: np.size(left) * np.size(right),
    "meshgrid": lambda *arrays, **_: len(arrays) * math.prod(map(np.size, arrays)),
    "diag": lambda array, *_: np.size(array) ** 2,
    "dot": lambda left, right: np.size(left) * np.size(right),
    "matmul": lambda left, right: np.size(left) * np.size(right),
}
_OPTIONS = frozenset("axis axes keepdims dtype decimals num endpoint ddof fill_value shape k indexing".split())
_WORDS = frozenset("float16 float32 float64 int8 int16 int32 int64 uint8 uint16 uint32 uint64 bool xy ij".split())

# What NumPy's functions are on a tensor.
_ON_TENSORS = {
    **{name: f"math.{name}" for name in "exp expm1 log log1p sqrt square sin cos tan sinh cosh tanh floor ceil rint "
       "sign negative reciprocal maximum minimum add subtract multiply equal not_equal less less_equal greater "
       "greater_equal logical_and logical_or logical_not".split()},
    **{name: f"math.reduce_{name}" for name in "sum prod mean max min any all".split()},
    "abs": "math.abs", "absolute": "math.abs", "divide": "math.truediv", "true_divide": "math.truediv",
    "power": "math.pow", "mod": "math.floormod", "floor_divide": "compat.v1.floor_div", "clip": "clip_by_value",
    "arcsin": "math.asin", "arccos": "math.acos", "arctan": "math.atan", "arctan2": "math.atan2",
    "expand_dims": "expand_dims", "squeeze": "squeeze", "where": "where", "transpose": "transpose",
    "reshape": "reshape", "zeros_like": "zeros_like", "ones_like": "ones_like", "concatenate": "concat",
    "stack": "stack", "dot": "linalg.matmul", "matmul": "linalg.matmul", "tile": "tile",
}  # fmt: skip


def call(context: Context, symbol: Symbol, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """A function of `math` or `numpy`."""
    context.budget.walk(args, kwargs)
    if _holds_tensor(context, [*args, *kwargs.values()]):
        if symbol.space == MATH or symbol.path not in _ON_TENSORS:
            raise Refused(f"{symbol} on a tensor", str(symbol))
        return context.call_backend(_ON_TENSORS[symbol.path], args, kwargs)
    if symbol.space == MATH:
        return _calculate(symbol, args, kwargs)
    return _compute(context, symbol, args, kwargs)


def convert(context: Context, dtype: Dtype, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """`np.float32(value)`."""
    if kwargs or len(args) != 1 or dtype not in _WORDS or _holds_tensor(context, args):
        raise Refused(f"a call of {dtype}", dtype)
    return _compute(context, Symbol(NUMPY, "asarray"), args, {"dtype": dtype})[()]


def _holds_tensor(context: Context, values: Sequence[Any]) -> bool:
    """Whether there is a tensor among these arguments, or in lists of them."""
    return any(
        _holds_tensor(context, value) if isinstance(value, (list, tuple)) else context.is_tensor(value)
        for value in values
    )


def _calculate(symbol: Symbol, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    if symbol.path not in _MATH or kwargs:
        raise Unknown(f"{symbol} is not supported", str(symbol))
    return plainly(str(symbol), getattr(math, symbol.path), *args)


def _compute(context: Context, symbol: Symbol, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """A function of NumPy without side effects, after a check of the size of its result."""
    name = symbol.path
    if name not in _ELEMENTWISE | _REDUCING | set(_LARGE) or not _OPTIONS.issuperset(kwargs):
        raise Unknown(f"{symbol} is not supported", str(symbol))
    plain = [_checked(value) for value in args]
    named = {key: _checked(value) for key, value in kwargs.items()}
    context.budget.shaped(sum(map(_elements, (*plain, *named.values()))))
    if name in _LARGE:
        context.budget.shaped(plainly(str(symbol), _LARGE[name], *plain, **named))
    elif name in _ELEMENTWISE:
        shapes = [plainly(str(symbol), np.shape, value) for value in plain]
        context.budget.shaped(math.prod(plainly(str(symbol), np.broadcast_shapes, *shapes)))
    function = np.linalg.norm if name == "linalg.norm" else getattr(np, name)
    found = plainly(str(symbol), function, *plain, **named)
    if isinstance(found, np.ndarray) and found.dtype.kind not in "biufc":
        raise Refused(f"{symbol} gives no numbers", str(symbol))
    return found


def _checked(value: Any) -> Any:
    """An argument for NumPy: no strings but names of dtypes, and no integers of more than 64 bits."""
    if isinstance(value, Symbol) and value.space == BUILTINS and value.path in ("int", "float", "bool"):
        return {"int": np.int64, "float": np.float64, "bool": np.bool_}[value.path]
    if isinstance(value, range):
        return np.arange(value.start, value.stop, value.step) if len(value) <= 1 << 16 else _checked(None)
    if isinstance(value, (list, tuple)):
        return type(value)(map(_checked, value)) if type(value) in (list, tuple) else tuple(value)
    if isinstance(value, str):
        allowed = value in _WORDS
    elif isinstance(value, int):
        allowed = value.bit_length() < 64
    else:
        allowed = value is None or isinstance(value, (float, complex, np.ndarray, np.generic))
    if not allowed:
        raise Refused(f"{type(value).__name__} is given to a function of NumPy", type(value).__name__)
    return str(value) if isinstance(value, str) else value


def _elements(value: Any) -> int:
    return (
        sum(map(_elements, value))
        if isinstance(value, (list, tuple))
        else int(np.size(value))
        if not isinstance(value, type)
        else 1
    )


def _count(*ends: float) -> int:
    start, stop, step = (0, ends[0], 1) if len(ends) == 1 else (*ends, 1)[:3]
    return max(math.ceil((stop - start) / step), 0)
