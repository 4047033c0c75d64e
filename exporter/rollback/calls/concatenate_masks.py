"""Concatenation: Keras 3 keeps what any mask keeps, along the last axis."""

from __future__ import annotations

from typing import Any

from exporter.rollback.calls import Invocation, Proceed
from exporter.rollback.masks import mask_of


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """The concatenated tensors with the mask that Keras 3 gives."""
    masks = [mask_of(tensor) for tensor in invocation.inputs]
    if all(mask is None for mask in masks):
        return proceed(invocation)
    raise ValueError("Keras 3 joins the masks of what it is given in another way")
