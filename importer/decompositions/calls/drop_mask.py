"""Flatten, Reshape and Permute drop masks; under JAX, one that changes nothing returns its very input with the mask."""

from __future__ import annotations

from typing import Any

from importer.decompositions.calls import Invocation, Proceed
from importer.masks import mask_of, strip


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """Remove the mask before the call if the layer does not change the shape."""
    x, layer = invocation.inputs, invocation.layer
    changes = mask_of(x) is None or layer.compute_output_shape(x.shape) != x.shape
    return proceed(invocation if changes else invocation.on(strip(x)))
