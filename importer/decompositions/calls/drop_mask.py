"""Flatten, Reshape and Permute drop masks, but those that change nothing return their very input under JAX."""

from __future__ import annotations

from typing import Any

from importer.decompositions.calls import Invocation, Proceed
from importer.masks import mask_of, strip


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """Call the layer on the values alone where it leaves them as they are."""
    x, layer = invocation.inputs, invocation.layer
    changes = mask_of(x) is None or layer.compute_output_shape(x.shape) != x.shape
    return proceed(invocation if changes else invocation.on(strip(x)))
