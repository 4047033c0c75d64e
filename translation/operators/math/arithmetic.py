"""Arithmetic: `+`, `-`, `*`, `/`, `//`, `%` and `**` on symbolic tensors, and related functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from translation.operators import negative_sizes, sizes
from translation.operators.dtypes import alike, dtype_of, is_whole, like
from translation.operators.operator import (
    FLOATS,
    Build,
    Example,
    Operator,
    defined_in,
    example,
    named,
    renamed,
    same,
    tensor,
)

_THREE = (example(tensor(2, 3), tensor(1, 3)), example(tensor(4), 2), example(tensor(4), [1, 2, 3, 4]))
# Probes contain zero, by which integers cannot be divided.
_DIVISOR = (example(tensor(4), 3), example(tensor(2, 4), [1, 2, -3, 4]), example(-7.0, tensor(3, dtype="float32")))
_FLOAT_DIVISOR = (example(tensor(2, 3), tensor(1, 3)), example(tensor(4), [1.0, 2.0, -3.0, 0.0]))


def _of_two(names: str, operation: str, *examples: Example, dtypes: str = "") -> Operator:
    return named(names, "x y", _alike(operation), *examples, dtypes=dtypes)


def _alike(operation: str) -> Build:
    """An operation of Keras 3 on two values of one dtype."""
    return lambda ops, x, y: getattr(ops, operation)(*alike(ops, x, y))


def _true_divide(ops: Any, x: Any, y: Any) -> Any:
    return ops.true_divide(fraction(ops, x), fraction(ops, y))


def fraction(ops: Any, x: Any) -> Any:
    """A tensor of integers in the float dtype in which TensorFlow divides it."""
    if not is_whole(x):
        return x
    return ops.cast(x, "float32" if dtype_of(x) in {"int8", "uint8", "int16", "uint16"} else "float64")


def _old_divide(ops: Any, x: Any, y: Any) -> Any:
    return (ops.floor_divide if is_whole(x, y) else ops.true_divide)(x, y)


def truncate_divide(ops: Any, x: Any, y: Any) -> Any:
    """The integer quotient rounded toward zero, also of the smallest integer, which has no absolute value."""
    if sizes.is_dynamic((x, y)):
        return np.frompyfunc(_quotient_of_sizes, 2, 1)(x, y)
    rounded = like(ops, _is_rounded_down(ops, x, y), x, y)
    return like(ops, ops.add(ops.floor_divide(x, y), rounded), x, y)


def _truncate_mod(ops: Any, x: Any, y: Any) -> Any:
    if sizes.is_dynamic((x, y)):
        return np.frompyfunc(_rest_of_sizes, 2, 1)(x, y)
    rest = ops.mod(x, y)
    return like(ops, ops.where(_is_rounded_down(ops, x, y), ops.subtract(rest, y), rest), x, y)


def _quotient_of_sizes(a: Any, b: Any) -> Any:
    above, quotient = _of_magnitudes(a, b, lambda p, q: p // q, truncate_divide)
    return quotient if above[0] is above[1] else -quotient


def _rest_of_sizes(a: Any, b: Any) -> Any:
    above, rest = _of_magnitudes(a, b, lambda p, q: p % q, _truncate_mod)
    return rest if above[0] else -rest


def _of_magnitudes(
    a: Any, b: Any, function: Callable[[Any, Any], Any], truncating: Callable[[Any, Any, Any], Any]
) -> tuple[tuple[bool, bool], Any]:
    """Whether each of two numbers is not negative, and the result of `function` on their magnitudes.

    A difference of sizes may be negative without being known to be; `truncating` computes its count then.
    """
    from keras import ops

    of_a, of_b = negative_sizes.positive(a), negative_sizes.positive(b)
    p, q = a if of_a is None else of_a, b if of_b is None else of_b
    result = function(p, q)
    if isinstance(result, sizes.Size):
        result = replace(result, count=lambda: truncating(ops, sizes.as_scalar(p), sizes.as_scalar(q)))
    return (of_a is None, of_b is None), result


def _is_rounded_down(ops: Any, x: Any, y: Any) -> Any:
    """Where the quotient is negative and has a fraction."""
    return ops.logical_and(ops.not_equal(ops.mod(x, y), 0), ops.not_equal(ops.less(x, 0), ops.less(y, 0)))


def _squared_difference(ops: Any, x: Any, y: Any) -> Any:
    return ops.square(ops.subtract(x, y))


def _none_of_zero(ops: Any, x: Any, result: Any) -> Any:
    return ops.where(ops.equal(x, 0), ops.zeros_like(result), result)


def _multiply_no_nan(ops: Any, x: Any, y: Any) -> Any:
    return _none_of_zero(ops, y, ops.multiply(x, y))


def _sum(ops: Any, inputs: Any) -> Any:
    total = inputs[0]
    for each in inputs[1:]:
        total = ops.add(total, each)
    return total


def _polynomial(ops: Any, coeffs: Any, x: Any) -> Any:
    total = coeffs[0]
    for each in coeffs[1:]:
        total = ops.add(ops.multiply(total, x), each)
    return total


_LISTS = (example([tensor(3), tensor(3), tensor(3)]), example([tensor(2, 3), tensor(2, 3)]))
_SCALED = (example(3.0, tensor(3, dtype="float32")), example(-2, tensor(2, 4, dtype="int32")))

SOURCES = defined_in("ops/gen_math_ops ops/math_ops", keras="backend")
OPERATORS = (
    _of_two("math.add add __operators__.add", "add", *_THREE),
    _of_two("math.subtract subtract", "subtract", *_THREE),
    _of_two("math.multiply multiply", "multiply", *_THREE),
    named("math.truediv truediv divide math.divide", "x y", _true_divide, *_DIVISOR),
    _of_two("realdiv", "true_divide", *_FLOAT_DIVISOR, dtypes=FLOATS),
    named("compat.v1.div", "x y", _old_divide, *_DIVISOR),
    _of_two("compat.v1.floor_div compat.v1.floordiv math.floordiv", "floor_divide", *_DIVISOR),
    _of_two("math.floormod math.mod compat.v1.floormod compat.v1.mod", "mod", *_DIVISOR),
    named("truncatediv", "x y", truncate_divide, *_DIVISOR[:2], dtypes="int32 int64"),
    named("truncatemod", "x y", _truncate_mod, *_DIVISOR[:2], dtypes="int32 int64"),
    named(
        "math.divide_no_nan compat.v1.div_no_nan",
        "x y",
        lambda ops, x, y: ops.divide_no_nan(fraction(ops, x), fraction(ops, y)),
        *_FLOAT_DIVISOR[:1],
        example(tensor(4), tensor(4)),
        dtypes="float32 float64 int32",
    ),
    named("math.multiply_no_nan", "x y", _multiply_no_nan, *_FLOAT_DIVISOR, dtypes=FLOATS),
    same("math.pow pow", "x y", "power", *_THREE),
    same("keras.backend.pow", "x a", "power", example(tensor(3), 2), example(tensor(2, 4), 3)),
    named("math.squared_difference compat.v1.squared_difference", "x y", _squared_difference, *_THREE),
    named(
        "math.xlogy",
        "x y",
        lambda ops, x, y: _none_of_zero(ops, x, ops.multiply(x, ops.log(y))),
        *_FLOAT_DIVISOR,
        example(tensor(3), tensor(3, domain="positive")),
        dtypes=FLOATS,
    ),
    named(
        "math.xlog1py",
        "x y",
        lambda ops, x, y: _none_of_zero(ops, x, ops.multiply(x, ops.log1p(y))),
        *_FLOAT_DIVISOR,
        example(tensor(3), tensor(3, domain="positive")),
        dtypes=FLOATS,
    ),
    named(
        "math.xdivy",
        "x y",
        lambda ops, x, y: _none_of_zero(ops, x, ops.true_divide(x, y)),
        *_FLOAT_DIVISOR,
        dtypes=FLOATS,
    ),
    _of_two("math.maximum maximum keras.backend.maximum", "maximum", *_THREE),
    _of_two("math.minimum minimum keras.backend.minimum", "minimum", *_THREE),
    named("math.nextafter", "x1 x2", renamed(_alike("nextafter"), "x1=x x2=y"), *_FLOAT_DIVISOR, dtypes=FLOATS),
    named("math.atan2 atan2", "y x", renamed(_alike("arctan2"), "y=x x=y"), *_FLOAT_DIVISOR, dtypes=FLOATS),
    named("math.add_n add_n", "inputs", _sum, *_LISTS),
    named("math.accumulate_n compat.v1.accumulate_n", "inputs", renamed(_sum, "inputs -shape -tensor_dtype"), *_LISTS),
    same("math.scalar_mul scalar_mul", "scalar x", "multiply", *_SCALED),
    same("compat.v1.math.scalar_mul compat.v1.scalar_mul", "scalar x", "multiply", *_SCALED),
    named(
        "math.polyval",
        "coeffs x",
        _polynomial,
        example([tensor(3), tensor(3), tensor(3)], tensor(3)),
        example([1.0, -2.0, 3.0], tensor(2, 4, dtype="float32")),
        dtypes=FLOATS,
    ),
)
