"""A composed layer on masked input: its operations drop the mask that the layer of Keras 2 passed on."""

from __future__ import annotations

from typing import Any

from importer.decompositions.calls import Invocation, Proceed
from importer.masks import attach, mask_of, strip


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """Call the layer without a mask, and attach the mask of its input, unless it passes masks on itself."""
    x = invocation.inputs
    mask = invocation.kwargs.get("mask", mask_of(x))
    if mask is None or invocation.layer.supports_masking:
        return proceed(invocation)
    invocation.tell("structural", "the mask of its input is attached to its output")
    outputs = proceed(invocation.on(strip(x), mask=None))
    return attach(outputs, mask, invocation.layer.name)
