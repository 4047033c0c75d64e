"""A layer that keeps the mask of what it is given in Keras 3, and loses it in Keras 2.15."""

from __future__ import annotations

from typing import Any

from exporter.rollback.calls import Invocation, Proceed
from exporter.rollback.masks import mask_of, with_mask


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """What the layer gives, with the mask of its input."""
    return with_mask(proceed(invocation), mask_of(invocation.inputs))
