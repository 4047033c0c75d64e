"""Masks of symbolic tensors in Keras 2.15: read, attached and taken off with layers that its files keep."""

from __future__ import annotations

from typing import Any


def mask_of(tensor: Any) -> Any:
    """The mask of a symbolic tensor; None if it has none."""
    return getattr(tensor, "_keras_mask", None)


def with_mask(tensor: Any, mask: Any) -> Any:
    """The tensor with this mask in place of its own. Raises ValueError where that is not possible."""
    if mask is mask_of(tensor):
        return tensor
    if mask is None:
        return without_mask(tensor)
    raise ValueError("Keras 2.15 would lose its mask here, or see another one")


def without_mask(tensor: Any) -> Any:
    """The tensor without its mask."""
    import tensorflow as tf

    return tensor if mask_of(tensor) is None else tf.identity(tensor)
