"""Reductions along axes, and running totals."""

from __future__ import annotations

from typing import Any

from translation.keras3_to_2.operations.constants import Constant
from translation.keras3_to_2.operations.dtypes import (
    cast,
    constant,
    dtype_of,
    floating,
    is_tensor,
    is_whole,
    plain,
    result_type,
    strong,
    strongly,
)
from translation.keras3_to_2.operations.operation import NUMBERS, Build, Operation, found, named, part, rank
from translation.operators.operator import example, tensor

_SUMMED = {"bool": "int32", "int8": "int32", "int16": "int32", "uint8": "uint32", "uint16": "uint32"}
_EXAMPLES = (
    example(tensor(2, 3), axis=-1),
    example(tensor(2, 3), axis=[1, 2], keepdims=True),
    example(tensor(4), axis=1),
    example(tensor(2, 3)),
)


def _of_numbers(tf: Any, x: Any) -> Any:
    """A tensor in the dtype in which Keras 3 adds and multiplies it: small integers in 32 bits."""
    return cast(tf, x, _SUMMED.get(dtype_of(x), dtype_of(x)))


def _sum(tf: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    return tf.reduce_sum(_of_numbers(tf, x), axis=axis, keepdims=keepdims)


def _product(tf: Any, x: Any, *, axis: Any = None, keepdims: bool = False, dtype: str | None = None) -> Any:
    return tf.reduce_prod(x if dtype else _of_numbers(tf, x), axis=axis, keepdims=keepdims)


def mean(tf: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean, which Keras 3 computes in float32 at least."""
    average = tf.reduce_mean(cast(tf, x, result_type(dtype_of(x), "float32")), axis=axis, keepdims=keepdims)
    return average if is_whole(x) else cast(tf, average, dtype_of(x))


def _variance(tf: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    wide = cast(tf, x, result_type(dtype_of(x), "float32"))
    variance = tf.math.reduce_variance(wide, axis=axis, keepdims=keepdims)
    return cast(tf, variance, result_type(dtype_of(x), "float"))


def _deviation(tf: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    return tf.math.reduce_std(cast(tf, x, "float32") if is_whole(x) else x, axis=axis, keepdims=keepdims)


def _end(largest: bool) -> Build:
    """The maximum or minimum, of at least or at most `initial`."""

    def build(tf: Any, x: Any, *, axis: Any = None, keepdims: bool = False, initial: Any = None) -> Any:
        of_truths, of_numbers = (tf.reduce_any, tf.reduce_max) if largest else (tf.reduce_all, tf.reduce_min)
        limit = tf.maximum if largest else tf.minimum
        if dtype_of(x) != "bool":
            end = of_numbers(x, axis=axis, keepdims=keepdims)
            return end if initial is None else limit(end, plain(initial, dtype_of(x)))
        end = of_truths(x, axis=axis, keepdims=keepdims)
        return end if initial is None else tf.cast(limit(tf.cast(end, "int32"), int(initial)), "bool")

    return build


def _plain_end(largest: bool) -> Build:
    """The same without `initial`."""
    end = _end(largest)
    return lambda tf, x, *, axis=None, keepdims=False: end(tf, x, axis=axis, keepdims=keepdims)


def _truth(function: str) -> Build:
    def build(tf: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        return found(tf, function)(cast(tf, x, "bool"), axis=axis, keepdims=keepdims)

    return build


def _span(tf: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    largest, smallest = (each(x, axis=axis, keepdims=keepdims) for each in (tf.reduce_max, tf.reduce_min))
    return tf.subtract(largest, smallest)


def _count(tf: Any, x: Any, *, axis: Any = None) -> Any:
    return tf.reduce_sum(tf.cast(tf.cast(x, "bool"), "int32"), axis=axis)


def _logsumexp(tf: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    return tf.reduce_logsumexp(x, axis=axis, keepdims=keepdims)


def _average(tf: Any, x: Any, weights: Any = None, *, axis: Any = None) -> Any:
    if weights is None:
        return tf.reduce_mean(floating(tf, x), axis=axis)
    x, weights = strongly(tf, x, weights, also="float")
    weights = weights if is_tensor(weights) else constant(tf, weights, strong(x), x)
    if axis is None or rank(x) == rank(weights):
        total = tf.reduce_sum(weights, axis=axis)
        return tf.divide(tf.reduce_sum(tf.multiply(x, weights), axis=axis), total)
    return tf.divide(tf.tensordot(x, weights, axes=[[axis], [0]]), tf.reduce_sum(weights))


def _running(function: str) -> Build:
    """A running total, in the order of all elements without `axis`."""

    def build(tf: Any, x: Any, *, axis: Any = None, dtype: str | None = None) -> Any:
        x = cast(tf, x, dtype or dtype_of(x))
        x = cast(tf, x, "int32" if dtype_of(x) == "bool" else dtype_of(x))
        return found(tf, function)(tf.reshape(x, [-1]) if axis is None else x, axis=axis or 0)

    return build


def _difference(tf: Any, a: Any, *, n: int = 1, axis: int = -1) -> Any:
    after, before = ([slice(None)] * rank(a) for _ in range(2))
    after[axis], before[axis] = slice(1, None), slice(None, -1)
    for _ in range(n):
        subtract = tf.not_equal if dtype_of(a) == "bool" else tf.subtract
        a = subtract(a[tuple(after)], a[tuple(before)])
    return a if n else tf.identity(a)


def _trapezoid(tf: Any, y: Any, *, dx: float = 1.0, axis: int = -1) -> Any:
    y = floating(tf, y)
    order = [each for each in range(rank(y)) if each != axis % rank(y)]
    y = y if axis in (-1, rank(y) - 1) else tf.transpose(y, [*order, axis % rank(y)])
    heights = tf.multiply(tf.add(part(y, ..., slice(1, None)), part(y, ..., slice(None, -1))), 0.5)
    return tf.reduce_sum(tf.multiply(heights, float(dx)), axis=-1)


def _reduction(name: str, build: Build, dtypes: str = NUMBERS) -> Operation:
    return named(name, build, *_EXAMPLES, dtypes=dtypes)


_INITIAL = example(tensor(2, 3), axis=-1, initial=1)
_RUNS = (example(tensor(2, 3), axis=1), example(tensor(2, 3), axis=-1), example(tensor(3)))
OPERATIONS = (
    _reduction("Sum", _sum, f"{NUMBERS} bool int8 uint8"),
    _reduction("Mean", mean, f"{NUMBERS} bool int64"),
    _reduction("Prod", _product, "float32 int32 bool"),
    _reduction("Var", _variance, NUMBERS),
    _reduction("Std", _deviation, NUMBERS),
    named("Max", _end(True), *_EXAMPLES, _INITIAL, dtypes=f"{NUMBERS} bool"),
    named("Min", _end(False), *_EXAMPLES, _INITIAL, dtypes=f"{NUMBERS} bool"),
    _reduction("Amax", _plain_end(True), "float32 int32"),
    _reduction("Amin", _plain_end(False), "float32 int32"),
    _reduction("All", _truth("reduce_all"), "bool float32 int32"),
    _reduction("Any", _truth("reduce_any"), "bool float32 int32"),
    _reduction("Ptp", _span, "float32 int32"),
    _reduction("Logsumexp", _logsumexp, "float32 float64"),
    named("CountNonzero", _count, example(tensor(2, 3), axis=-1), example(tensor(3)), dtypes="float32 int32 bool"),
    named(
        "Average",
        _average,
        example(tensor(2, 3), axis=1),
        example(tensor(2, 3)),
        example(tensor(2, 3), Constant([1.0, 2.0, 3.0], "float32"), axis=2),
        example(tensor(3), tensor(3, domain="positive"), axis=1),
        dtypes="float32 int32",
    ),
    named(
        "Cumsum", _running("cumsum"), *_RUNS, example(tensor(3), axis=1, dtype="float32"), dtypes="float32 int32 bool"
    ),
    named("Cumprod", _running("math.cumprod"), *_RUNS, dtypes="float32 int32 bool"),
    named(
        "Diff", _difference, example(tensor(4), axis=1), example(tensor(4, 2), n=2, axis=1), dtypes="float32 int32 bool"
    ),
    named(
        "Trapezoid",
        _trapezoid,
        example(tensor(2, 4)),
        example(tensor(4, 2), dx=0.5, axis=1),
        dtypes="float32 int32",
        refuse=lambda arguments: "places of the values are not supported" if arguments.get("x") is not None else None,
        ignored="x",
    ),
)
