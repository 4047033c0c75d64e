"""Places of the largest values, sorting, searching and quantiles."""

from __future__ import annotations

import math
from collections.abc import Mapping
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
)
from translation.keras3_to_2.operations.operation import Build, listed, named, part, rank, sizes
from translation.operators.operator import example, tensor

_TINY = {"float32": 1.1754943508222875e-38, "float64": 2.2250738585072014e-308}


def largest_index(largest: bool) -> Build:
    """The place of the maximum or minimum; of floats a negative zero is less than zero, as in Keras 3."""

    def build(tf: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
        axes = rank(x)
        if "float" in dtype_of(x):
            x = cast(tf, x, result_type(dtype_of(x), "float32"))
            negative = tf.less(tf.bitcast(tf.cast(x, "float32"), "int32"), 0)
            zero = tf.logical_and(tf.equal(x, 0.0), negative)
            x = tf.where(zero, tf.subtract(tf.zeros_like(x), _TINY[dtype_of(x)]), x)
        place = tf.argmax if largest else tf.argmin
        if axis is None:
            found = place(tf.reshape(x, [-1]), axis=0, output_type="int32")
            return tf.reshape(found, [1] * axes) if keepdims else found
        found = place(x, axis=axis, output_type="int32")
        return tf.expand_dims(found, axis) if keepdims else found

    return build


def _sort(tf: Any, x: Any, *, axis: Any = -1) -> Any:
    dtype = dtype_of(x)
    x = cast(tf, x, "int8") if dtype == "bool" else x
    ordered = tf.sort(tf.reshape(x, [-1]), axis=0) if axis is None else tf.sort(x, axis=axis)
    return cast(tf, ordered, dtype)


def _argsort(tf: Any, x: Any, *, axis: Any = -1) -> Any:
    x = cast(tf, x, "uint8") if dtype_of(x) == "bool" else x
    return tf.argsort(tf.reshape(x, [-1]), axis=0) if axis is None else tf.argsort(x, axis=axis)


def _top(tf: Any, x: Any, *, k: int, sorted: bool = False) -> Any:  # noqa: A002 - a name of Keras
    return tf.math.top_k(x, k, sorted=sorted)


def _in_top(tf: Any, targets: Any, predictions: Any, *, k: int) -> Any:
    return tf.math.in_top_k(targets, predictions, k)


def _digitize(tf: Any, x: Any, bins: Any) -> Any:
    """The number of bounds that are not above each value."""
    wide = {"uint32": "int64", "int64": "int64", "float64": "float64"}
    x = cast(tf, x, wide.get(dtype_of(x), "int32" if is_whole(x) else "float32"))
    bounds = plain(bins, "float32")
    values = tf.expand_dims(cast(tf, x, "float64" if "64" in dtype_of(x) or is_whole(x) else "float32"), -1)
    return tf.reduce_sum(tf.cast(tf.greater_equal(values, bounds), "int32"), axis=-1)


def _search(tf: Any, sorted_sequence: Any, values: Any, *, side: str = "left") -> Any:
    """The number of elements of a sorted sequence that are below each value, or not above it."""
    values = values if is_tensor(values) else constant(tf, values, strong(values), sorted_sequence)
    dtype = dtype_of(values)
    sequence = cast(tf, sorted_sequence, dtype)
    below = tf.greater if side == "left" else tf.greater_equal
    return tf.reduce_sum(tf.cast(below(tf.expand_dims(values, -1), sequence), "int32"), axis=-1)


def _unlike(arguments: Mapping[str, Any]) -> str | None:
    sequence = arguments["sorted_sequence"]
    if is_tensor(sequence) and None in sequence.shape:
        return "the length of the sorted sequence is not known"
    return None


def _quantile(tf: Any, x: Any, q: Any, *, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Any:
    x = floating(tf, x)
    shares = plain(q, "float64")
    axes = list(range(rank(x))) if axis is None else sorted(each % rank(x) for each in listed(axis))
    others = [each for each in range(rank(x)) if each not in axes]
    size = sizes(tf, x)
    flat = tf.reshape(tf.transpose(x, [*others, *axes]), [*(size[each] for each in others), -1])
    length = math.prod(x.shape[each] for each in axes)
    ordered = tf.sort(flat, axis=-1)
    hollow = tf.reduce_any(tf.math.is_nan(flat), axis=-1)
    found = [_at(tf, ordered, share, length, method) for share in listed(shares)]
    found = [tf.where(hollow, tf.multiply(tf.ones_like(each), math.nan), each) for each in found]
    if keepdims:
        for each in axes:
            found = [tf.expand_dims(item, each) for item in found]
    return tf.stack(found, axis=0) if isinstance(shares, list) else found[0]


def _at(tf: Any, ordered: Any, share: float, length: int, method: str) -> Any:
    """The value at a share of a sorted axis."""
    place = (length - 1) * share
    below, above = (min(max(int(each), 0), length - 1) for each in (math.floor(place), math.ceil(place)))
    if method in ("lower", "higher", "nearest"):
        return part(ordered, ..., {"lower": below, "higher": above}.get(method, min(round(place), length - 1)))
    if method == "midpoint":
        return tf.multiply(tf.add(part(ordered, ..., below), part(ordered, ..., above)), 0.5)
    below = max(above - 1, 0)
    above = min(below + 1, length - 1)
    rest = above - place
    return tf.add(tf.multiply(part(ordered, ..., above), 1 - rest), tf.multiply(part(ordered, ..., below), rest))


def _linear(tf: Any, x: Any, q: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    """The quantile as the operation of Keras 3 computes it, which passes on no method."""
    return _quantile(tf, x, q, axis=axis, keepdims=keepdims)


def _percentile(tf: Any, x: Any, q: Any, **options: Any) -> Any:
    shares = plain(q, "float32")
    as_share = [each / 100.0 for each in shares] if isinstance(shares, list) else shares / 100.0
    return _quantile(tf, x, as_share, **options)


def _of_percents(tf: Any, x: Any, q: Any, *, axis: Any = None, method: str = "linear", keepdims: bool = False) -> Any:
    return _percentile(tf, x, q, axis=axis, method=method, keepdims=keepdims)


def _median(tf: Any, x: Any, *, axis: Any = None, keepdims: bool = False) -> Any:
    return _quantile(tf, x, 0.5, axis=axis, keepdims=keepdims)


def _of_unknown_length(arguments: Mapping[str, Any]) -> str | None:
    x, q, axis = arguments["x"], arguments.get("q"), arguments["axis"]
    if is_tensor(q):
        return "the shares must be constants"
    if axis is None or any(x.shape[each] is None for each in listed(axis)):
        return "the number of values along the axes is not known"
    return None


_PLACES = (example(tensor(2, 3), axis=-1), example(tensor(2, 3), axis=1, keepdims=True), example(tensor(3)))
_SHARES = (
    example(tensor(2, 5), 0.3, axis=-1),
    example(tensor(2, 5), [0.25, 0.5], axis=[1, 2], keepdims=True),
    example(tensor(5), 0.4, axis=1, method="lower"),
)
OPERATIONS = (
    named(
        "Argmax", largest_index(True), *_PLACES, example(tensor(2, 3), keepdims=True), dtypes="float32 int32 float16"
    ),
    named(
        "Argmin", largest_index(False), *_PLACES, example(tensor(2, 3), keepdims=True), dtypes="float32 int32 float16"
    ),
    named(
        "Sort",
        _sort,
        example(tensor(4)),
        example(tensor(4, 2), axis=1),
        example(tensor(4), axis=None),
        dtypes="float32 int32 bool",
    ),
    named(
        "Argsort",
        _argsort,
        example(tensor(4)),
        example(tensor(4, 2), axis=1),
        example(tensor(4), axis=None),
        dtypes="float32 int32",
    ),
    named("TopK", _top, example(tensor(5), k=2, sorted=True), example(tensor(2, 5), k=3), dtypes="float32 int32"),
    named("InTopK", _in_top, example(tensor(dtype="int32", domain="label"), tensor(5), k=2)),
    named("Digitize", _digitize, example(tensor(4), Constant([-1.0, 0.5, 2.0], "float32")), dtypes="float32 int32"),
    named(
        "SearchSorted",
        _search,
        example(Constant([-1.0, 0.5, 2.0], "float32"), tensor()),
        example(Constant([-1.0, 0.0, 2.0], "float32"), tensor(), side="right"),
        refuse=_unlike,
    ),
    named("Quantile", _linear, *_SHARES, dtypes="float32 int32", refuse=_of_unknown_length, ignored="method"),
    named(
        "Percentile",
        _of_percents,
        example(tensor(5), 30, axis=1),
        example(tensor(5), [25.0, 50.0], axis=1),
        *(example(tensor(5), 40, axis=1, method=each) for each in ("lower", "higher", "nearest", "midpoint")),
        refuse=_of_unknown_length,
    ),
    named(
        "Median",
        _median,
        example(tensor(2, 5), axis=-1),
        example(tensor(2, 4), axis=1, keepdims=True),
        refuse=_of_unknown_length,
    ),
)
