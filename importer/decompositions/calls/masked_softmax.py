"""Softmax on masked input: a fully masked row becomes uniform in Keras 2, zero in Keras 3."""

from __future__ import annotations

from typing import Any

from importer.decompositions.calls import Invocation, Proceed
from importer.masks import attach, mask_of, strip
from translation.operators.broadcast_add import add


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """Add a large negative number to masked scores, as Keras 2 does, and call the layer without a mask."""
    x = invocation.inputs
    mask = invocation.kwargs.get("mask", mask_of(x))
    if mask is None:
        return proceed(invocation)
    invocation.tell("semantic", "masked scores are lowered before the layer, so that a fully masked row is uniform")
    outputs = proceed(invocation.on(penalised(strip(x), mask), mask=None))
    return attach(outputs, mask, invocation.layer.name)


def penalised(x: Any, mask: Any) -> Any:
    """Scores with a large negative number added where `mask` is not 1, as Keras 2 does before every softmax."""
    from keras import ops

    # Half of float16's lowest number, so that adding it to a negative score does not overflow.
    lowest = -32752.0 if x.dtype == "float16" else -1e9
    return add(x, ops.multiply(ops.subtract(1.0, ops.cast(mask, x.dtype)), lowest))
