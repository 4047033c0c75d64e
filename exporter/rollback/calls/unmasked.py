"""Layers that compute under a mask what Keras 3 computes without one, which passes it on."""

from __future__ import annotations

from typing import Any

from exporter.rollback.calls import Invocation, Proceed
from exporter.rollback.masks import has_mask, keep, mask_of, settled, without_mask


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """What the layer gives for a tensor without a mask, with the mask of its input."""
    if not has_mask(invocation.inputs):
        return proceed(invocation)
    return settled(proceed(invocation.on(keep(without_mask(invocation.inputs), None))), mask_of(invocation.inputs))
