"""TimeDistributed on masked input, or around a layer with a mask: only Keras 2 calls compute_mask of the layer."""

from __future__ import annotations

from typing import Any

from importer.decompositions.calls import Invocation, Proceed
from importer.masks import attach, mask_of, strip


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """Call the wrapper, and attach the mask of Keras 2 to its output if Keras 3 gives it another one."""
    outputs = proceed(invocation)
    x = invocation.inputs
    mask = _mask(invocation.layer.layer, x, mask_of(x))
    if mask is mask_of(outputs):
        return outputs
    invocation.tell("semantic", "the mask that Keras 2 computes from its steps is attached to its output")
    return strip(outputs) if mask is None else attach(strip(outputs), mask, invocation.layer.name)


def _mask(layer: Any, x: Any, mask: Any) -> Any:
    """The mask in Keras 2: what the layer computes from each step's mask, or whether a step has anything unmasked."""
    import keras

    ops = keras.ops
    if mask is not None and len(mask.shape) == 2:
        return mask
    flat = ops.reshape(x, (-1, *x.shape[2:]))
    if mask is not None:
        flat._keras_mask = ops.reshape(mask, (-1, *mask.shape[2:]))
    inner = mask_of(layer(flat))
    if inner is not None:
        return (
            mask
            if mask is not None and inner is flat._keras_mask
            else ops.reshape(inner, (-1, *x.shape[1:2], *inner.shape[1:]))
        )
    return None if mask is None else ops.any(mask, axis=tuple(range(2, len(mask.shape))))
