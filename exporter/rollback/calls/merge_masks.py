"""Elementwise merging: Keras 3 keeps what any mask keeps, and everything if one of the tensors has no mask."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from exporter.rollback.calls import Invocation, Proceed
from exporter.rollback.masks import mask_of, with_mask, without_mask


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """The merged tensors with the mask that Keras 3 gives; where it leaves masked numbers out, they are neutral."""
    masks = [mask_of(tensor) for tensor in invocation.inputs]
    present = [mask for mask in masks if mask is not None]
    if not present:
        return proceed(invocation)
    written_out = _MASKED.get(type(invocation.layer).__name__)
    if written_out is None and all(mask is masks[0] for mask in masks):
        return proceed(invocation)
    bare = [without_mask(tensor) for tensor in invocation.inputs]
    if written_out is not None:
        raise ValueError("Keras 3 leaves masked numbers out of it; give it tensors without masks")
    merged = proceed(invocation.on(bare))
    return with_mask(merged, functools.reduce(_either, present) if len(present) == len(masks) else None)


def _either(one: Any, other: Any) -> Any:
    import tensorflow as tf

    return one if one is other else tf.logical_or(one, other)


_MASKED: dict[str, Callable[..., Any]] = {"Maximum": max, "Minimum": min, "Multiply": min}
