"""Reductions along axes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from translation.operators import sizes
from translation.operators.dtypes import cast, dtype_of, is_whole, like
from translation.operators.math.arithmetic import truncate_divide
from translation.operators.operator import FLOATS, Operator, defined_in, example, named, renamed, tensor
from translation.operators.symbolic import is_symbolic

_NUMBERS = "float32 int32"
_ARGUMENTS = "input_tensor=x axis keepdims"
_OLD_ARGUMENTS = f"{_ARGUMENTS} reduction_indices=axis keep_dims=keepdims"
Reduction = Callable[..., Any]


def axes_of(axis: Any) -> Any:
    """The axes of a reduction as Keras 3 takes them."""
    if axis is None:
        return None
    return tuple(sizes.flat(axis)) if np.ndim(axis) else sizes.flat(axis)[0]


def _said(name: str) -> Reduction:
    """The reduction of that name, in the dtype of its input."""

    def reduce(ops: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return like(ops, getattr(ops, name)(x, axis=axes_of(axis), keepdims=bool(keepdims)), x)

    return reduce


def largest(ops: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The maximum; of no elements, for which Keras may raise, the least number of the dtype."""
    return _end(ops, "max", x, axis, keepdims)


def smallest(ops: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The minimum; of no elements the largest number of the dtype."""
    return _end(ops, "min", x, axis, keepdims)


def _end(ops: Any, name: str, x: Any, axis: Any, keepdims: bool) -> Any:
    if not is_symbolic(x) or x.dtype == "bool":
        return _said(name)(ops, x, axis, keepdims)
    least, most = (-math.inf, math.inf) if "float" in x.dtype else _limits(x.dtype)
    reduced = getattr(ops, name)(
        x, axis=axes_of(axis), keepdims=bool(keepdims), initial=least if name == "max" else most
    )
    return like(ops, reduced, x)


def _limits(dtype: str) -> tuple[int, int]:
    limits = np.iinfo(dtype)
    return int(limits.min), int(limits.max)


def mean(ops: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean; of integers it is rounded toward zero, as in TensorFlow, and bytes are summed in int32.

    Float16 is summed in float16.
    """
    if dtype_of(x) == "float16":
        count = ops.sum(ops.ones_like(x, dtype="int32"), axis=axes_of(axis), keepdims=bool(keepdims))
        return ops.divide(_said("sum")(ops, x, axis, keepdims), ops.cast(count, "float16"))
    if not is_whole(x):
        return _said("mean")(ops, x, axis, keepdims)
    wide = x if dtype_of(x) in {"int32", "int64"} else ops.cast(x, "int32")
    total, count = (_said("sum")(ops, each, axis, keepdims) for each in (wide, ops.ones_like(wide)))
    return like(ops, truncate_divide(ops, total, count), x)


def _variance(ops: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The variance; TensorFlow computes float16 in float16, Keras does not."""
    if dtype_of(x) != "float16":
        return _said("var")(ops, x, axis, keepdims)
    return mean(ops, ops.square(ops.subtract(x, mean(ops, x, axis, keepdims=True))), axis, keepdims)


def _deviation(ops: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    if dtype_of(x) != "float16":
        return _said("std")(ops, x, axis, keepdims)
    return ops.sqrt(_variance(ops, x, axis, keepdims))


def _euclidean_norm(ops: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return like(ops, ops.sqrt(_said("sum")(ops, ops.square(x), axis, keepdims)), x)


def _count(ops: Any, x: Any, axis: Any = None, keepdims: Any = None, dtype: str = "int64") -> Any:
    return cast(
        ops, ops.sum(ops.cast(ops.not_equal(x, 0), "int32"), axis=axes_of(axis), keepdims=bool(keepdims)), dtype
    )


def _reduction(name: str, reduce: Reduction, dtypes: str = _NUMBERS, old: bool = True) -> tuple[Operator, ...]:
    """A reduction of TensorFlow 2, and of TensorFlow 1 with its older names for two arguments."""
    examples = (
        example(tensor(2, 3), axis=-1),
        example(tensor(2, 3), axis=[1, 2], keepdims=True),
        example(tensor(4), 1),
        example(tensor(2, 3)),
    )
    names = f"math.reduce_{name} reduce_{name}" if old else f"math.reduce_{name}"
    operator = named(names, "input_tensor", renamed(reduce, _ARGUMENTS), *examples, dtypes=dtypes)
    if not old:
        return (operator,)
    words = example(tensor(2, 3), reduction_indices=[1], keep_dims=True), example(tensor(2, 3), -1)
    names = f"compat.v1.math.reduce_{name} compat.v1.reduce_{name}"
    return operator, named(names, "input_tensor", renamed(reduce, _OLD_ARGUMENTS), *words, dtypes=dtypes)


def _backend(name: str, reduce: Reduction, dtypes: str = _NUMBERS) -> Operator:
    """The same of `keras.backend`."""
    examples = example(tensor(2, 3), axis=-1), example(tensor(4), [0, 1], True), example(tensor(2, 3), axis=(1, 2))
    return named(f"keras.backend.{name}", "x", renamed(reduce, "x axis keepdims"), *examples, dtypes=dtypes)


def _of_numbers(reduce: Reduction) -> Reduction:
    """`keras.backend` reduces booleans as numbers."""
    return lambda ops, x, axis=None, keepdims=False: reduce(
        ops, ops.cast(x, "float32") if x.dtype == "bool" else x, axis, keepdims
    )


def _of_truths(reduce: Reduction) -> Reduction:
    return lambda ops, x, axis=None, keepdims=False: reduce(ops, cast(ops, x, "bool"), axis, keepdims)


_OLD_COUNT = renamed(_count, "input_tensor=x axis keepdims dtype reduction_indices=axis keep_dims=keepdims input=x")
_COUNTED = example(tensor(2, 3), axis=-1), example(tensor(4), axis=[0, 1], keepdims=True), example(tensor(3), axis=1)

SOURCES = defined_in("ops/math_ops", keras="backend")
OPERATORS = (
    *_reduction("sum", _said("sum"), "float32 int32 int8"),
    *_reduction("mean", mean, "float32 int32 uint8"),
    *_reduction("max", largest),
    *_reduction("min", smallest),
    *_reduction("prod", _said("prod")),
    *_reduction("any", _said("any"), "bool"),
    *_reduction("all", _said("all"), "bool"),
    *_reduction("logsumexp", _said("logsumexp"), FLOATS),
    *_reduction("std", _deviation, FLOATS, old=False),
    *_reduction("variance", _variance, FLOATS, old=False),
    *_reduction("euclidean_norm", _euclidean_norm, FLOATS, old=False),
    named("math.count_nonzero", "input", renamed(_count, "input=x axis keepdims dtype"), *_COUNTED),
    named("compat.v1.math.count_nonzero compat.v1.count_nonzero", "input_tensor input", _OLD_COUNT, *_COUNTED),
    _backend("sum", _said("sum")),
    _backend("mean", _of_numbers(mean), "float32 int32 uint8 bool"),
    _backend("max", largest),
    _backend("min", smallest),
    _backend("prod", _said("prod")),
    _backend("std", _of_numbers(_deviation), "float32 float64 bool"),
    _backend("var", _of_numbers(_variance), "float32 float64 bool"),
    _backend("any", _of_truths(_said("any")), "float32 bool"),
    _backend("all", _of_truths(_said("all")), "float32 bool"),
)
