"""Read, remove and attach masks of symbolic tensors, so that later layers and the loss see the masks of Keras 2."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def mask_of(tensor: Any) -> Any:
    """The symbolic mask of a tensor in Keras 3, or None."""
    return getattr(tensor, "_keras_mask", None)


def strip(tensor: Any) -> Any:
    """The same values without a mask. A copy, because any other operation may return its very input."""
    import keras

    if mask_of(tensor) is None:
        return tensor
    return keras.ops.copy(tensor)


def attach(tensor: Any, mask: Any, name: str) -> Any:
    """The same values with `mask`, through an identity model that passes it on, as no operation does."""
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
