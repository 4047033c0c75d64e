"""Comparisons, logical and bitwise operations, and selection by a condition."""

from __future__ import annotations

from typing import Any

from translation.operators import constants
from translation.operators.arrays.selecting import positions
from translation.operators.dtypes import dtype_of
from translation.operators.operator import FLOATS, Operator, defined_in, example, named, same, tensor

_PAIRS = example(tensor(2, 3), tensor(1, 3)), example(tensor(4), 2), example(tensor(4), [1, 2, 3, 4])
_TRUTHS = example(tensor(2, 3), tensor(1, 3)), example(tensor(4), [True, False, True, True]), example(tensor(3), True)
_TWO = example(tensor(3)), example(tensor(2, 4))
_CONDITION = tensor(3, dtype="bool")


def _of_bits(name: str, operation: str, dtypes: str) -> Operator:
    def build(ops: Any, x: Any, y: Any) -> Any:
        pair = (ops.convert_to_tensor(each, dtype=dtype_of(x, y)) for each in (x, y))
        return getattr(ops, operation)(*pair)

    return named(f"bitwise.{name}", "x y", build, *_PAIRS, dtypes=dtypes)


def _compared(name: str, operation: str) -> Operator:
    return same(f"math.{name} {name} keras.backend.{name}", "x y", operation, *_PAIRS)


def _dunder(name: str, operation: str) -> Operator:
    """TensorFlow does not save the other operand, so these are only called in the bodies of Lambda layers."""
    return same(f"__operators__.{name}", "self other", operation)


def _is(name: str, operation: str) -> Operator:
    return same(f"math.{name} compat.v1.{name}", "x", operation, *_TWO, dtypes=FLOATS)


def _where(ops: Any, condition: Any, x: Any = None, y: Any = None) -> Any:
    if x is None or y is None:
        return positions(ops, condition)
    chosen = ops.where(condition, x, y)
    if dtype_of(x, y):
        return chosen
    # Two plain numbers are float64 or int64 to JAX.
    return ops.cast(chosen, constants.array([x, y]).dtype.name)


def _switch(ops: Any, condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """Both expressions may be functions without arguments; the condition may have fewer axes."""
    x, y = (each() if callable(each) else each for each in (then_expression, else_expression))
    for _ in range(len(getattr(x, "shape", ())) - len(condition.shape)):
        condition = ops.expand_dims(condition, -1)
    return ops.where(ops.cast(condition, "bool"), x, y)


def _old_where(ops: Any, condition: Any, x: Any = None, y: Any = None) -> Any:
    """A condition that is a vector selects whole rows."""
    rank, rank_of_x = (len(getattr(value, "shape", ())) for value in (condition, x))
    if rank == 1 < rank_of_x:
        condition = ops.reshape(condition, (-1, *(1,) * (rank_of_x - 1)))
    return _where(ops, condition, x, y)


SOURCES = defined_in("ops/array_ops ops/gen_bitwise_ops ops/gen_math_ops ops/math_ops", keras="backend")
OPERATORS = (
    _compared("equal", "equal"),
    _compared("not_equal", "not_equal"),
    _compared("greater", "greater"),
    _compared("greater_equal", "greater_equal"),
    _compared("less", "less"),
    _compared("less_equal", "less_equal"),
    _dunder("eq", "equal"),
    _dunder("ne", "not_equal"),
    _is("is_nan", "isnan"),
    _is("is_inf", "isinf"),
    _is("is_finite", "isfinite"),
    same("math.logical_and logical_and", "x y", "logical_and", *_TRUTHS, dtypes="bool"),
    same("math.logical_or logical_or", "x y", "logical_or", *_TRUTHS, dtypes="bool"),
    same("math.logical_xor compat.v1.logical_xor", "x y", "logical_xor", *_TRUTHS, dtypes="bool"),
    same("math.logical_not logical_not", "x", "logical_not", *_TWO, dtypes="bool"),
    _of_bits("bitwise_and", "bitwise_and", "int32 uint8"),
    _of_bits("bitwise_or", "bitwise_or", "int32 uint8"),
    _of_bits("bitwise_xor", "bitwise_xor", "int32 uint8"),
    _of_bits("left_shift", "left_shift", "int32 int64"),
    _of_bits("right_shift", "right_shift", "int32 uint8"),
    same("bitwise.invert", "x", "bitwise_not", *_TWO, dtypes="int32 uint8"),
    named(
        "where compat.v1.where_v2",
        "x y",
        _where,
        example(tensor(2, 3, dtype="bool"), tensor(1, 3), tensor(2, 3)),
        example(tensor(3, dtype="bool"), tensor(3), 0),
        example(_CONDITION, 1, tensor(3, dtype="int32")),
        example(_CONDITION, 1.0, 0.0),
        example(_CONDITION, 1, 0),
    ),
    named("keras.backend.switch", "condition then_expression else_expression", _switch),
    named(
        "compat.v1.where",
        "x y",
        _old_where,
        example(tensor(2, 3, dtype="bool"), tensor(2, 3), tensor(2, 3)),
        example(tensor(dtype="bool"), tensor(2, 3), tensor(2, 3)),
    ),
)
