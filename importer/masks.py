"""Read, remove and attach masks of symbolic tensors, so that every consumer and the loss see what Keras 2 meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def mask_of(tensor: Any) -> Any:
    """The symbolic mask Keras 3 carries along with a tensor, or None."""
    return getattr(tensor, "_keras_mask", None)


def strip(tensor: Any) -> Any:
    """The same values without a mask. A copy, for any other operation may return the very tensor it is given."""
    import keras

    if mask_of(tensor) is None:
        return tensor
    return keras.ops.copy(tensor)


def attach(tensor: Any, mask: Any, name: str) -> Any:
    """The same values with `mask`: an identity model hands it on, which a bare op would not."""
    import keras

    shape = (None,) * len(tensor.shape)
    inner = keras.Input(batch_shape=shape, dtype=tensor.dtype)
    carrier = keras.Model(inner, keras.layers.Identity(dtype=tensor.dtype)(inner), name=f"{name}_mask")
    carrier.supports_masking = True
    return carrier(tensor, mask=mask)


def all_of(masks: Sequence[Any]) -> Any:
    """The positions that every mask keeps."""
    import keras

    joined = masks[0]
    for mask in masks[1:]:
        joined = keras.ops.logical_and(joined, mask)
    return joined
