"""Recurrent layers: Keras 3 does not look for a mask of its sequences beside initial states, but passes it on."""

from __future__ import annotations

from typing import Any

from exporter.rollback.calls import Invocation, Proceed
from exporter.rollback.masks import has_mask, keep, mask_of, settled, without_mask


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """What the layer gives for the masks that it sees in Keras 3."""
    import tensorflow as tf

    if "initial_state" not in invocation.kwargs or "mask" in invocation.kwargs or not has_mask(invocation.inputs):
        return proceed(invocation)
    bare = keep(without_mask(invocation.inputs), None)
    states = tf.nest.map_structure(without_mask, invocation.kwargs["initial_state"])
    outputs = tf.nest.flatten(proceed(invocation.on(bare, initial_state=states)))
    if not getattr(invocation.layer, "return_sequences", False):
        return outputs if len(outputs) > 1 else outputs[0]
    both = type(invocation.layer).__name__ == "Bidirectional" and not invocation.layer.merge_mode
    masked = 2 if both else 1
    mask = mask_of(invocation.inputs)
    outputs = [settled(each, mask) if n < masked else each for n, each in enumerate(outputs)]
    return outputs if len(outputs) > 1 else outputs[0]
