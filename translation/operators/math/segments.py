"""Rows reduced by segment ids, and values counted in bins."""

from __future__ import annotations

from typing import Any

import numpy as np

from translation.operators import sizes
from translation.operators.dtypes import cast, is_whole, like
from translation.operators.math.arithmetic import fraction
from translation.operators.operator import Operator, defined_in, example, named, tensor
from translation.operators.symbolic import is_symbolic


def _inside(ops: Any, ids: Any, count: int, rank: int) -> Any:
    """Whether each row belongs to each segment, for rows of `rank` axes."""
    groups = np.arange(count, dtype="int32").reshape(-1, *[1] * rank)
    return ops.equal(ops.reshape(ops.cast(ids, "int32"), (1, -1, *[1] * (rank - 1))), groups)


def _rows(ops: Any, data: Any, ids: Any) -> Any:
    """The data with one axis instead of those of the ids."""
    axes = len(np.shape(ids))
    return data if axes == 1 else ops.reshape(data, (-1, *data.shape[axes:]))


def _reduced(ops: Any, data: Any, ids: Any, count: int, operation: str, neutral: Any) -> Any:
    """The rows of each segment reduced; other rows are replaced by a neutral value."""
    rows = _rows(ops, data, ids)
    inside = _inside(ops, ids, count, len(rows.shape))
    chosen = ops.where(inside, ops.expand_dims(rows, 0), ops.cast(neutral, data.dtype))
    return like(ops, getattr(ops, operation)(chosen, axis=1), data)


def _lengths(ops: Any, data: Any, ids: Any, count: int) -> Any:
    """The number of rows of each segment, and 1 if it has none."""
    rank = len(data.shape) - len(np.shape(ids)) + 1
    lengths = ops.sum(ops.cast(_inside(ops, ids, count, rank), "int32"), axis=1)
    return ops.cast(ops.maximum(lengths, 1), data.dtype)


def _limit(data: Any, sign: int) -> Any:
    """The least or largest number of a dtype."""
    limits = np.iinfo(data.dtype) if is_whole(data) else np.finfo(data.dtype)
    return limits.min if sign < 0 else limits.max


def _sum(ops: Any, data: Any, ids: Any, count: int) -> Any:
    return _reduced(ops, data, ids, count, "sum", 0)


def _mean(ops: Any, data: Any, ids: Any, count: int) -> Any:
    total = fraction(ops, _sum(ops, data, ids, count))
    return like(ops, ops.divide(total, _lengths(ops, data, ids, count)), total)


def _sqrt_n(ops: Any, data: Any, ids: Any, count: int) -> Any:
    return ops.divide(_sum(ops, data, ids, count), ops.sqrt(_lengths(ops, data, ids, count)))


def _prod(ops: Any, data: Any, ids: Any, count: int) -> Any:
    return _reduced(ops, data, ids, count, "prod", 1)


def _max(ops: Any, data: Any, ids: Any, count: int) -> Any:
    return _reduced(ops, data, ids, count, "max", _limit(data, -1))


def _min(ops: Any, data: Any, ids: Any, count: int) -> Any:
    return _reduced(ops, data, ids, count, "min", _limit(data, 1))


_IDS = tensor(dtype="int32")


def _unsorted(name: str, reduce: Any, dtypes: str = "float32 int32") -> Operator:
    def build(ops: Any, data: Any, segment_ids: Any, num_segments: Any) -> Any:
        return reduce(ops, data, segment_ids, sizes.resolved(sizes.flat(num_segments)[0]))

    examples = example(tensor(4), _IDS, 12), example(tensor(2, 3), _IDS, num_segments=10)
    return named(
        f"math.unsorted_segment_{name} compat.v1.unsorted_segment_{name}", "data", build, *examples, dtypes=dtypes
    )


def _sorted(name: str, reduce: Any) -> Operator:
    """Segment reductions by constant ids, which determine the number of segments."""

    def build(ops: Any, data: Any, segment_ids: Any) -> Any:
        if is_symbolic(segment_ids):
            raise ValueError("the number of segments depends on the values of segment_ids")
        ids = np.asarray(segment_ids, "int32")
        missing = sorted(set(range(int(ids.max()) + 1)) - set(ids.tolist()))
        if missing:
            raise ValueError("segments without rows are not supported")
        return reduce(ops, data, ids, int(ids.max()) + 1)

    return named(f"math.segment_{name} compat.v1.segment_{name}", "data", build)


def _bincount(  # noqa: PLR0913, PLR0917  (TensorFlow's arguments)
    ops: Any,
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: str = "int32",
    axis: int | None = None,
    binary_output: bool = False,
) -> Any:
    if minlength is None or minlength != maxlength:
        raise ValueError("unless minlength equals maxlength the number of bins depends on the values")
    if axis is None:
        arr, weights = (each if each is None else ops.reshape(each, (-1,)) for each in (arr, weights))
    hits = ops.equal(ops.expand_dims(arr, -1), ops.cast(np.arange(minlength), arr.dtype))
    if binary_output:
        return cast(ops, ops.any(hits, axis=-2), dtype)
    kind = dtype if weights is None else str(weights.dtype)
    counts = ops.cast(hits, kind)
    return cast(ops, ops.sum(counts if weights is None else counts * ops.expand_dims(weights, -1), axis=-2), kind)


def _histogram_bins(ops: Any, values: Any, value_range: Any, nbins: int = 100, dtype: str = "int32") -> Any:
    low, high = sizes.flat(value_range)
    share = ops.divide(ops.subtract(values, low), high - low)
    return ops.cast(ops.clip(ops.floor(ops.multiply(share, nbins)), 0, nbins - 1), dtype)


def _histogram(ops: Any, values: Any, value_range: Any, nbins: int = 100, dtype: str = "int32") -> Any:
    """TensorFlow computes bins in float64 here, and in the dtype of the values in `histogram_fixed_width_bins`."""
    bins = _histogram_bins(ops, ops.cast(values, "float64"), value_range, nbins)
    return _bincount(ops, bins, None, nbins, nbins, dtype)


_COUNTED = example(tensor(5), minlength=11, maxlength=11), example(tensor(2, 3), None, 4, 4)
_FALLING = example(tensor(5), [-3.0, 3.0], 4), example(tensor(2, 3), [0.0, 1.0], nbins=6)

SOURCES = defined_in("ops/bincount_ops ops/gen_math_ops ops/histogram_ops ops/math_ops")
OPERATORS = (
    _unsorted("sum", _sum),
    _unsorted("mean", _mean, "float32"),
    _unsorted("sqrt_n", _sqrt_n, "float32"),
    _unsorted("prod", _prod),
    _unsorted("max", _max),
    _unsorted("min", _min),
    _sorted("sum", _sum),
    _sorted("mean", _mean),
    _sorted("prod", _prod),
    _sorted("max", _max),
    _sorted("min", _min),
    named(
        "math.bincount",
        "arr weights",
        _bincount,
        *_COUNTED,
        example(tensor(5), minlength=10, maxlength=10, axis=-1),
        example(tensor(5), None, 6, 6, axis=-1, binary_output=True),
        dtypes="int32",
    ),
    named("histogram_fixed_width", "values", _histogram, *_FALLING, dtypes="float32"),
    named("histogram_fixed_width_bins", "values", _histogram_bins, *_FALLING, dtypes="float32"),
)
