"""Normalization and attention."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from translation.keras3_to_2.operations.constants import Constant
from translation.keras3_to_2.operations.dtypes import (
    cast,
    constant,
    dtype_of,
    is_tensor,
    result_type,
)
from translation.keras3_to_2.operations.families.linalg import norm
from translation.keras3_to_2.operations.operation import listed, named, rank
from translation.operators.operator import example, tensor

_EPSILON = 1e-7


def _normalize(tf: Any, x: Any, *, axis: Any = -1, order: int = 2, epsilon: float | None = None) -> Any:
    least = _EPSILON if epsilon is None else epsilon
    if order == 2:
        inverse = tf.math.rsqrt(tf.reduce_sum(tf.square(x), axis=axis, keepdims=True))
        return tf.multiply(x, tf.minimum(inverse, 1.0 / least))
    return tf.divide(x, tf.maximum(norm(tf, x, ord=order, axis=axis, keepdims=True), least))


def _moments(tf: Any, x: Any, *, axes: Any, keepdims: bool = False) -> Any:
    small = dtype_of(x) in ("float16", "bfloat16")
    found = tf.nn.moments(cast(tf, x, "float32") if small else x, listed(axes), keepdims=keepdims)
    return [cast(tf, tf.clip_by_value(each, -65504.0, 65504.0), dtype_of(x)) if small else each for each in found]


def _batch_norm(  # noqa: PLR0913 - the arguments of Keras
    tf: Any,
    x: Any,
    mean: Any,
    variance: Any,
    offset: Any = None,
    scale: Any = None,
    *,
    axis: int,
    epsilon: float = 0.001,
) -> Any:
    given = [None if each is None else _tensor(tf, each, x) for each in (mean, variance, offset, scale)]
    if axis != -1:
        shape = [1] * rank(x)
        shape[axis] = -1
        given = [None if each is None else tf.reshape(each, shape) for each in given]
    mean, variance, offset, scale = given
    inverse = tf.math.rsqrt(tf.add(variance, epsilon))
    inverse = inverse if scale is None else tf.multiply(inverse, scale)
    shift = tf.multiply(tf.negative(mean), inverse)
    shift = shift if offset is None else tf.add(offset, shift)
    return tf.add(tf.multiply(x, inverse), shift)


def _tensor(tf: Any, value: Any, beside: Any) -> Any:
    """A value as a tensor of the dtype of another."""
    return cast(tf, value, dtype_of(beside)) if is_tensor(value) else constant(tf, value, dtype_of(beside), beside)


def _rms_norm(tf: Any, x: Any, scale: Any = None, *, axis: Any = -1, epsilon: float | None = None) -> Any:
    wide = cast(tf, x, result_type(dtype_of(x), "float32"))
    square = tf.reduce_mean(tf.square(wide), axis=axis, keepdims=True)
    found = tf.multiply(wide, tf.math.rsqrt(tf.add(square, _EPSILON if epsilon is None else epsilon)))
    found = found if scale is None else tf.multiply(found, _tensor(tf, scale, wide))
    return cast(tf, found, dtype_of(x))


def _layer_norm(  # noqa: PLR0913 - the arguments of Keras
    tf: Any,
    x: Any,
    gamma: Any = None,
    beta: Any = None,
    *,
    axis: Any = -1,
    epsilon: float | None = None,
    rms_scaling: bool = False,
) -> Any:
    wide = cast(tf, x, result_type(dtype_of(x), "float32"))
    least = _EPSILON if epsilon is None else epsilon
    axes = sorted(listed(axis))
    shape = [wide.shape[each] if each in axes or each - rank(x) in axes else 1 for each in range(rank(x))]
    gamma, beta = (None if each is None else tf.reshape(_tensor(tf, each, wide), shape) for each in (gamma, beta))
    mean, variance = tf.nn.moments(wide, axes, keepdims=True)
    inverse = tf.math.rsqrt(tf.add(variance, least))
    inverse = inverse if gamma is None else tf.multiply(inverse, gamma)
    if rms_scaling:
        return cast(tf, tf.multiply(wide, inverse), dtype_of(x))
    shift = tf.multiply(tf.negative(mean), inverse)
    shift = shift if beta is None else tf.add(shift, beta)
    return cast(tf, tf.add(tf.multiply(wide, inverse), shift), dtype_of(x))


def _attention(  # noqa: PLR0913, PLR0917 - the arguments of Keras
    tf: Any,
    query: Any,
    key: Any,
    value: Any,
    bias: Any = None,
    mask: Any = None,
    scale: Any = None,
    *,
    is_causal: bool = False,
) -> Any:
    dtype = result_type(*(dtype_of(each) for each in (query, key, value)))
    query, key, value = (tf.transpose(cast(tf, each, dtype), perm=[0, 2, 1, 3]) for each in (query, key, value))
    heads, shared = query.shape[1], key.shape[1]
    if heads > shared > 1:
        key, value = (tf.repeat(each, heads // shared, axis=1) for each in (key, value))
    wide = result_type(dtype, "float32")
    scores = cast(tf, tf.matmul(query, key, transpose_b=True), wide)
    scores = tf.multiply(scores, key.shape[-1] ** -0.5 if scale is None else scale)
    scores = scores if bias is None else tf.add(scores, cast(tf, bias, wide))
    lowest = -0.7 * 3.38953e38
    seen = None if mask is None else cast(tf, mask, "bool")
    if is_causal:
        before = tf.cast(tf.linalg.band_part(tf.ones_like(scores), -1, 0), "bool")
        seen = before if seen is None else tf.logical_and(before, seen)
    if seen is not None:
        scores = tf.where(seen, scores, tf.add(tf.zeros_like(scores), lowest))
    shares = cast(tf, tf.nn.softmax(scores, axis=-1), dtype)
    return tf.transpose(tf.matmul(shares, value), perm=[0, 2, 1, 3])


def _soft_cap(arguments: Mapping[str, Any]) -> str | None:
    if arguments.get("flash_attention") or arguments.get("attn_logits_soft_cap") is not None:
        return "flash attention and a cap on scores exist on other backends alone"
    query, key = arguments["query"], arguments["key"]
    return "the number of heads is not known" if None in (query.shape[2], key.shape[2], key.shape[3]) else None


_ROW = tensor(2, 4)
_FOUR = Constant([1.0, 2.0, 3.0, 4.0], "float32")
_TWO = Constant([1.0, 2.0], "float32")
_MORE = Constant([1.0, 2.0, 0.5, 1.0], "float32")
_HEADS = (tensor(3, 2, 4), tensor(5, 2, 4), tensor(5, 2, 4))
OPERATIONS = (
    named("Normalize", _normalize, example(_ROW), example(_ROW, axis=1, order=3), example(_ROW, axis=[1, 2])),
    named(
        "Moments",
        _moments,
        example(_ROW, axes=[1]),
        example(_ROW, axes=[1, 2], keepdims=True),
        dtypes="float32 float16",
        ignored="synchronized",
    ),
    named(
        "BatchNorm",
        _batch_norm,
        example(_ROW, _FOUR, _MORE, _FOUR, _MORE, axis=-1),
        example(tensor(2, 3), _TWO, _TWO, None, None, axis=1, epsilon=0.1),
    ),
    named(
        "RMSNorm",
        _rms_norm,
        example(_ROW, None),
        example(_ROW, _FOUR, epsilon=0.1),
        dtypes="float32 float16",
    ),
    named(
        "LayerNorm",
        _layer_norm,
        example(_ROW, None, None),
        example(_ROW, _FOUR, Constant([0.5, 1.0, 1.5, 2.0], "float32")),
        example(_ROW, _TWO, None, axis=1),
        example(_ROW, _FOUR, None, rms_scaling=True),
        dtypes="float32 float16",
    ),
    named(
        "DotProductAttention",
        _attention,
        example(*_HEADS),
        example(tensor(3, 2, 4), tensor(3, 2, 4), tensor(3, 2, 4), is_causal=True),
        example(*_HEADS, tensor(2, 3, 5), tensor(2, 3, 5, dtype="bool"), 0.5),
        ignored="flash_attention attn_logits_soft_cap",
        refuse=_soft_cap,
    ),
)
