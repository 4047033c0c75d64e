"""Reductions that leave out NaN."""

from __future__ import annotations

import math
from typing import Any

from translation.keras3_to_2.operations.dtypes import cast, dtype_of, is_whole
from translation.keras3_to_2.operations.families import reductions
from translation.keras3_to_2.operations.families.elementwise import numbers
from translation.keras3_to_2.operations.families.ordering import largest_index
from translation.keras3_to_2.operations.operation import Build, named
from translation.operators.operator import example, tensor

_REDUCTIONS = {name: operation.build for operation in reductions.OPERATIONS for name in operation.names}


def _filled(tf: Any, x: Any, number: float) -> Any:
    """The tensor with a number in place of NaN."""
    return x if is_whole(x) else tf.where(tf.math.is_nan(x), tf.multiply(tf.ones_like(x), number), x)


def _nothing(tf: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    """Where all values of a reduction are NaN."""
    return tf.reduce_all(tf.math.is_nan(x), axis=axis, keepdims=keepdims)


def _of(name: str, number: float) -> Build:
    """A reduction in which NaN counts as a number that changes nothing."""

    def build(tf: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        return _REDUCTIONS[name](tf, _filled(tf, x, number), axis=axis, keepdims=keepdims)

    return build


def _end(name: str, number: float) -> Build:
    """The maximum or minimum; NaN if there is no other value."""

    def build(tf: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        end = _REDUCTIONS[name](tf, _filled(tf, x, number), axis=axis, keepdims=keepdims)
        if is_whole(x):
            return end
        return tf.where(_nothing(tf, x, axis, keepdims), tf.multiply(tf.ones_like(end), math.nan), end)

    return build


def _index(largest: bool) -> Build:
    """The place of the maximum or minimum; -1 if there is none."""

    def build(tf: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        filled = _filled(tf, x, -math.inf if largest else math.inf)
        place = largest_index(largest)(tf, filled, axis=axis, keepdims=keepdims)
        if is_whole(x):
            return place
        return tf.where(_nothing(tf, x, axis, keepdims), -1, place)

    return build


def _mean(tf: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    if is_whole(x):
        return tf.reduce_mean(cast(tf, x, "float32"), axis=axis, keepdims=keepdims)
    there = tf.cast(tf.logical_not(tf.math.is_nan(x)), dtype_of(x))
    total, count = (tf.reduce_sum(each, axis=axis, keepdims=keepdims) for each in (_filled(tf, x, 0.0), there))
    return tf.divide(total, count)


def _variance(tf: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    x = cast(tf, x, "float32") if is_whole(x) else x
    there = tf.logical_not(tf.math.is_nan(x))
    offset = tf.subtract(x, _mean(tf, x, axis=axis, keepdims=True))
    squares = tf.square(tf.where(there, offset, tf.zeros_like(x)))
    counted = tf.cast(there, dtype_of(x))
    total, count = (tf.reduce_sum(each, axis=axis, keepdims=keepdims) for each in (squares, counted))
    return tf.divide(total, count)


def _deviation(tf: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    return tf.sqrt(_variance(tf, x, axis=axis, keepdims=keepdims))


def _running(name: str, number: float) -> Build:
    def build(tf: Any, x: Any, *, axis: Any = None, dtype: str | None = None) -> Any:
        return _REDUCTIONS[name](tf, numbers(tf, x, nan=number), axis=axis, dtype=dtype)

    return build


_EXAMPLES = (
    example(tensor(2, 3, domain="holes"), axis=-1),
    example(tensor(2, 3, domain="holes"), axis=1, keepdims=True),
    example(tensor(3, domain="holes")),
)
_RUNS = (example(tensor(2, 3, domain="holes"), axis=1), example(tensor(3, domain="holes")))
_BOTH = "float32 int32"
OPERATIONS = (
    named("Nansum", _of("Sum", 0.0), *_EXAMPLES, dtypes=_BOTH),
    named("Nanprod", _of("Prod", 1.0), *_EXAMPLES, dtypes=_BOTH),
    named("Nanmax", _end("Amax", -math.inf), *_EXAMPLES, dtypes=_BOTH),
    named("Nanmin", _end("Amin", math.inf), *_EXAMPLES, dtypes=_BOTH),
    named("Nanargmax", _index(True), *_EXAMPLES, dtypes=_BOTH),
    named("Nanargmin", _index(False), *_EXAMPLES, dtypes=_BOTH),
    named("Nanmean", _mean, *_EXAMPLES, dtypes=_BOTH),
    named("Nanvar", _variance, *_EXAMPLES, dtypes=_BOTH),
    named("Nanstd", _deviation, *_EXAMPLES, dtypes=_BOTH),
    named("Nancumsum", _running("Cumsum", 0.0), *_RUNS, dtypes=_BOTH),
    named("Nancumprod", _running("Cumprod", 1.0), *_RUNS, dtypes=_BOTH),
)
