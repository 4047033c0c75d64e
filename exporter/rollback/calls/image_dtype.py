"""Layers for images: Keras 3 gives the dtype of the image, or rounds to it, where Keras 2.15 gives floats."""

from __future__ import annotations

from typing import Any

from exporter.rollback.calls import Invocation, Proceed


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """What the layer gives for an image of the layer's own floats."""
    if not (invocation.inputs.dtype.is_floating and invocation.layer.compute_dtype.startswith(("float", "bfloat"))):
        raise ValueError("Keras 3 gives images of integers as they are, or rounds them; give it images of floats")
    return proceed(invocation)
