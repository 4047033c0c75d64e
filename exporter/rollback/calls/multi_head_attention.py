"""MultiHeadAttention: where a mask covers a whole row, Keras 3 may give zeros, and Keras 2.15 equal shares."""

from __future__ import annotations

from typing import Any

from exporter.rollback.calls import Invocation, Proceed
from exporter.rollback.masks import mask_of

_MASKS = ("query_mask", "value_mask", "key_mask")


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """What the layer gives; its masks are those of its tensors, as in Keras 2.15."""
    kwargs = {key: value for key, value in invocation.kwargs.items() if key not in _MASKS}
    tensors = [invocation.inputs, kwargs.get("value"), kwargs.get("key")]
    masked = "attention_mask" in kwargs or any(mask_of(tensor) is not None for tensor in tensors)
    if masked and (invocation.spec.config["dropout"] or kwargs.get("return_attention_scores")
                   or len(invocation.inputs.shape) > 3):  # fmt: skip
        raise ValueError("where a mask covers a whole row, Keras 3 gives zeros here, and Keras 2.15 equal shares")
    return proceed(Invocation(invocation.layer, invocation.inputs, kwargs, invocation.spec))
