"""Softmax under a mask: Keras 3 gives zero for what is masked, also where all is masked."""

from __future__ import annotations

from typing import Any

from exporter.rollback.calls import Invocation, Proceed
from exporter.rollback.masks import mask_of, with_mask, without_mask


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """The shares, with zeros where the mask is false."""
    import tensorflow as tf

    mask = invocation.kwargs.get("mask", mask_of(invocation.inputs))
    if mask is None:
        return proceed(invocation)
    x, dtype = without_mask(invocation.inputs), invocation.layer.compute_dtype
    low = tf.constant(_LOW.get(dtype, -1e9), dtype)
    given = invocation.layer(tf.where(mask, x, low))
    shares = tf.where(mask, given, tf.constant(0.0, dtype))
    return with_mask(shares, mask)


_LOW = {"float16": -3e4}
