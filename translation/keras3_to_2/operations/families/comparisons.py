"""Comparisons and logic: truth values of each element."""

from __future__ import annotations

from typing import Any

from translation.keras3_to_2.operations.dtypes import (
    cast,
    dtype_of,
    is_tensor,
    is_whole,
    result_type,
    strong,
    strongly,
    together,
    weakly,
)
from translation.keras3_to_2.operations.operation import NUMBERS, Operation, UnsupportedError, found, named
from translation.operators.operator import example, tensor

_TWO = (
    example(tensor(3, 4), tensor(1, 4)),
    example(tensor(3, 4), 1),
    example(0.5, tensor(3)),
    example(tensor(4, dtype="int32"), tensor(4)),
)
_ROUND = (*_TWO, example(tensor(3, domain="label"), 2), example(tensor(3, domain="label"), tensor(3, domain="label")))


def _comparison(name: str, function: str) -> Operation:
    return named(name, lambda tf, x1, x2: found(tf, function)(*strongly(tf, x1, x2)), *_ROUND, dtypes=NUMBERS)


def _logic(name: str, function: str) -> Operation:
    examples = (
        example(tensor(3), tensor(3)),
        example(tensor(2, 3, dtype="bool"), tensor(1, 3)),
        example(tensor(3), True),
    )
    build = lambda tf, x1, x2: found(tf, function)(*together(tf, x1, x2, dtype="bool"))  # noqa: E731
    return named(name, build, *examples, dtypes="bool float32 int32")


def _where(tf: Any, condition: Any, x1: Any = None, x2: Any = None) -> Any:
    if x1 is None or x2 is None:
        raise UnsupportedError("without values to choose from it returns as many places as there are in the batch")
    dtype = result_type(dtype_of(x1), dtype_of(x2))
    return tf.where(*together(tf, condition, dtype="bool"), *_beside(tf, condition, dtype, x1, x2))


def _beside(tf: Any, condition: Any, dtype: str, *values: Any) -> list[Any]:
    """Two values in one dtype; if both are constants, the first is a tensor where its dtype would be lost."""
    if any(is_tensor(value) for value in values) or dtype in ("float32", "int32", "bool"):
        return (
            together(tf, *values, dtype=dtype) if any(map(is_tensor, values)) else [cast(tf, v, dtype) for v in values]
        )
    return together(tf, *values, tf.cast(condition, dtype), dtype=dtype)[:2]


def _no_choice(arguments: Any) -> str | None:
    if arguments["x1"] is None or arguments["x2"] is None:
        return "without values to choose from it returns as many places as there are in the batch"
    return None


def _select(tf: Any, condlist: Any, choicelist: Any, default: Any = 0) -> Any:
    values = weakly(tf, *choicelist, default)
    result = values[-1]
    for condition, value in zip(reversed(condlist), reversed(values[:-1])):
        result = tf.where(condition, value, result)
    return result


def _is_close(tf: Any, x1: Any, x2: Any, rtol: float = 1e-5, atol: float = 1e-8, *, equal_nan: bool = False) -> Any:
    x1, x2 = strongly(tf, x1, x2)
    if "float" not in result_type(strong(x1), strong(x2)):
        return tf.equal(x1, x2)
    x2 = x2 if is_tensor(x2) else tf.add(tf.zeros_like(x1), x2)
    bound = tf.add(tf.multiply(tf.abs(x2), rtol), atol)
    close = tf.less_equal(tf.abs(tf.subtract(x1, x2)), bound)
    return _or_both_nan(tf, close, x1, x2) if equal_nan else close


def _or_both_nan(tf: Any, close: Any, x1: Any, x2: Any) -> Any:
    return tf.logical_or(close, tf.logical_and(tf.math.is_nan(x1), tf.math.is_nan(x2)))


def _all_close(tf: Any, x1: Any, x2: Any, *, rtol: float = 1e-5, atol: float = 1e-8, equal_nan: bool = False) -> Any:
    close = _is_close(tf, x1, x2, rtol, atol)
    x1, x2 = strongly(tf, x1, x2)
    if "float" in strong(x1):
        x2 = x2 if is_tensor(x2) else tf.add(tf.zeros_like(x1), x2)
        finite = tf.logical_and(tf.math.is_finite(x1), tf.math.is_finite(x2))
        close = tf.logical_or(tf.logical_and(finite, close), tf.equal(x1, x2))
        close = _or_both_nan(tf, close, x1, x2) if equal_nan else close
    return tf.reduce_all(close)


def _of_floats(name: str, function: str, otherwise: bool) -> Operation:
    """Whether a float is finite, infinite or NaN; of whole numbers the answer is known."""

    def build(tf: Any, x: Any) -> Any:
        if is_whole(x):
            return (tf.ones_like if otherwise else tf.zeros_like)(x, dtype="bool")
        return found(tf, function)(x)

    return named(name, build, example(tensor(4, domain="special")), dtypes=NUMBERS)


def _infinity(name: str, number: float) -> Operation:
    def build(tf: Any, x: Any) -> Any:
        if is_whole(x):
            return tf.zeros_like(x, dtype="bool")
        side = tf.greater(x, 0.0) if number > 0 else tf.less(x, 0.0)
        return tf.logical_and(tf.math.is_inf(x), side)

    return named(name, build, example(tensor(4, domain="special")), dtypes=NUMBERS)


def _is_in(tf: Any, x1: Any, x2: Any, *, invert: bool = False) -> Any:
    x1, x2 = strongly(tf, x1, x2)
    there = tf.equal(tf.expand_dims(x1, -1), tf.reshape(x2, [-1]))
    there = tf.reduce_any(there, axis=-1)
    return tf.logical_not(there) if invert else there


OPERATIONS = (
    _comparison("Equal", "equal"),
    _comparison("NotEqual", "not_equal"),
    _comparison("Greater", "greater"),
    _comparison("GreaterEqual", "greater_equal"),
    _comparison("Less", "less"),
    _comparison("LessEqual", "less_equal"),
    _logic("LogicalAnd", "logical_and"),
    _logic("LogicalOr", "logical_or"),
    _logic("LogicalXor", "math.logical_xor"),
    named(
        "LogicalNot", lambda tf, x: tf.logical_not(cast(tf, x, "bool")), example(tensor(3)), dtypes="bool int32 float32"
    ),
    named(
        "Where",
        _where,
        example(tensor(3, dtype="bool"), tensor(3), tensor(3)),
        example(tensor(1, 3, dtype="bool"), tensor(2, 3), 0.0),
        example(tensor(3, dtype="bool"), -1, tensor(3)),
        example(tensor(3, dtype="bool"), 1.0, 0.0),
        example(tensor(3), tensor(3, dtype="int32"), tensor(3)),
        dtypes=NUMBERS,
        refuse=_no_choice,
    ),
    named(
        "Select",
        _select,
        example([tensor(3, dtype="bool"), tensor(3, dtype="bool")], [tensor(3), tensor(3)], 0),
        example([tensor(3, dtype="bool")], [tensor(3)], 2),
        dtypes="float32 int32",
    ),
    named(
        "Isclose",
        _is_close,
        example(tensor(3), tensor(3)),
        example(tensor(3, domain="special"), tensor(3, domain="special"), equal_nan=True),
        example(tensor(3), 1.0, 0.5, 0.1),
        dtypes="float32 int32",
    ),
    named(
        "AllClose",
        _all_close,
        example(tensor(3), tensor(3)),
        example(tensor(3), tensor(3), atol=100.0),
        dtypes="float32 int32",
    ),
    _of_floats("Isfinite", "math.is_finite", True),
    _of_floats("Isinf", "math.is_inf", False),
    _of_floats("Isnan", "math.is_nan", False),
    _infinity("Isposinf", 1.0),
    _infinity("Isneginf", -1.0),
    named("Isreal", lambda tf, x: tf.ones_like(x, dtype="bool"), example(tensor(3)), dtypes=NUMBERS),
    named(
        "IsIn",
        _is_in,
        example(tensor(3, domain="label"), [1, 2]),
        example(tensor(3, domain="label"), [1, 2], invert=True),
        dtypes="float32 int32",
        ignored="assume_unique",
    ),
)
