"""TimeDistributed: Keras 3 gives the mask of its input, and not what the wrapped layer makes of each step."""

from __future__ import annotations

from typing import Any

from exporter.rollback.calls import Invocation, Proceed
from exporter.rollback.masks import mask_of, with_mask


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """What the layer gives, with the mask of its input."""
    given = proceed(invocation)
    mask = invocation.kwargs.get("mask", mask_of(invocation.inputs))
    if (mask is None) == (mask_of(given) is None) and not _masks_steps(invocation.layer.layer):
        return given
    return with_mask(given, mask)


def _masks_steps(layer: Any) -> bool:
    """Whether the wrapped layer makes a mask of its own."""
    import keras

    return isinstance(layer, (keras.Model, keras.layers.Embedding, keras.layers.Masking))
