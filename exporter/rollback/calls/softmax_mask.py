"""Softmax under a mask: Keras 3 gives zero for what is masked, also where all is masked."""

from __future__ import annotations

from typing import Any

from exporter.rollback.calls import Invocation, Proceed
from exporter.rollback.masks import as_mask, mask_of, with_mask, without_mask

_LOW = {"float16": -3e4}


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """The shares, with zeros where the mask is false."""
    import tensorflow as tf

    given = invocation.kwargs.get("mask")
    mask = mask_of(invocation.inputs) if given is None else as_mask(given)
    if mask is None:
        return proceed(invocation)
    dtype = invocation.layer.compute_dtype
    x, kept = tf.cast(without_mask(invocation.inputs), dtype), mask.tensor()
    kept = kept if kept.dtype == tf.bool else kept > 0.5
    shares = invocation.layer(tf.where(kept, x, _LOW.get(dtype, -1e9) * tf.ones_like(x)))
    return with_mask(tf.where(kept, shares, tf.zeros_like(shares)), mask)
