"""MultiHeadAttention: where a mask covers a whole row, Keras 3 may give zeros, and Keras 2.15 equal shares.

Keras 3 does so if there is a dropout, if scores are returned, or on more than three axes. There, attention is written
out with the layer's own projections.
"""

from __future__ import annotations

import math
from typing import Any, Optional

from exporter.rollback.calls import Invocation, Proceed
from exporter.rollback.masks import mask_of, settled, without_mask

_MASKS = frozenset({"value_mask", "key_mask"})
_LOW = {"float16": -3e4}


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """What the layer gives; its masks are those of its tensors, as in Keras 2.15."""
    if _MASKS & set(invocation.kwargs):
        raise ValueError("Keras 2.15 takes masks of values and keys from the tensors alone")
    kwargs = {key: value for key, value in invocation.kwargs.items() if key != "query_mask"}
    inner = Invocation(invocation.layer, invocation.inputs, kwargs, invocation.spec)
    rank = len(invocation.inputs.shape)
    if rank == 3 and invocation.spec.config.get("attention_axes") not in (None, 1, [1]):
        raise ValueError("Keras 3 attends along the steps of sequences, whatever its attention_axes say")
    tensors = [invocation.inputs, kwargs.get("value"), kwargs.get("key")]
    masked = kwargs.get("attention_mask") is not None or any(mask_of(tensor) is not None for tensor in tensors)
    if not masked or not (invocation.layer._dropout or kwargs.get("return_attention_scores") or rank > 3):
        return proceed(inner)
    if rank > 3:
        raise ValueError("where a mask covers a whole row, Keras 3 gives zeros here, and Keras 2.15 equal shares")
    return _written_out(inner, proceed)


def _written_out(invocation: Invocation, proceed: Proceed) -> Any:
    """Attention of one sequence to another by the layer's own projections, once a call has made them."""
    import tensorflow as tf

    layer, kwargs = invocation.layer, invocation.kwargs
    if not layer._built_from_signature:
        proceed(invocation)
    query, value, key = (_bare(tensor) for tensor in (invocation.inputs, kwargs["value"], kwargs.get("key")))
    projected = layer._query_dense(query), layer._key_dense(value if key is None else key), layer._value_dense(value)
    q, k, v = (tf.transpose(tensor, [0, 2, 1, 3]) for tensor in projected)
    scores = tf.matmul(tf.multiply(q, 1.0 / math.sqrt(float(layer._key_dim))), k, transpose_b=True)
    kept = tf.logical_or(tf.expand_dims(_kept(invocation), 1), tf.zeros_like(scores, dtype="bool"))
    low = _LOW.get(scores.dtype.name, -1e9) * tf.ones_like(scores)
    shares = layer._softmax(tf.where(kept, scores, low))
    shares = tf.where(kept, shares, tf.zeros_like(shares))
    given = tf.transpose(tf.matmul(layer._dropout_layer(shares), v), [0, 2, 1, 3])
    output = settled(layer._output_dense(given), mask_of(invocation.inputs))
    return (output, shares) if kwargs.get("return_attention_scores") else output


def _bare(tensor: Any) -> Any:
    return None if tensor is None else without_mask(tensor)


def _kept(invocation: Invocation) -> Any:
    """Which step sees which, of shape (batch or 1, steps of the query, steps of the value)."""
    import tensorflow as tf

    kwargs = invocation.kwargs
    found: list[Any] = []
    for tensor, axis in ((invocation.inputs, -1), (kwargs["value"], -2), (kwargs.get("key"), -2)):
        mask = None if tensor is None else mask_of(tensor)
        if mask is not None:
            found.append(tf.expand_dims(mask.tensor(), axis))
    given: Optional[Any] = kwargs.get("attention_mask")
    if given is not None:
        found.append(tf.cast(given, "bool") if given.dtype != tf.bool else given)
    if kwargs.get("use_causal_mask"):
        ones = tf.ones_like(tf.matmul(invocation.inputs, kwargs["value"], transpose_b=True)[:1], dtype="int32")
        found.append(tf.greater_equal(tf.cumsum(ones, axis=-2), tf.cumsum(ones, axis=-1)))
    kept = found[0]
    for mask in found[1:]:
        kept = tf.logical_and(kept, mask)
    return kept
