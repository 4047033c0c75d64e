"""Channels first, which cannot run on a CPU in Keras 2.15: axes are moved around a layer with channels last."""

from __future__ import annotations

from typing import Any

from exporter.rollback.calls import Invocation, Proceed
from exporter.rollback.masks import keep, without_mask


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """What the layer gives for the image with its channels at the end, and these moved back."""
    import tensorflow as tf

    rank = len(invocation.inputs.shape)
    last = tf.transpose(without_mask(invocation.inputs), [0, *range(2, rank), 1])
    given = proceed(invocation.on(keep(last, None)))
    return tf.transpose(given, [0, rank - 1, *range(1, rank - 1)])
