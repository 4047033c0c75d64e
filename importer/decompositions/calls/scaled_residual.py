"""CustomScaleLayer of InceptionResNetV2, a + b * scale: a Rescaling of the second tensor, and a sum."""

from __future__ import annotations

from typing import Any

from importer.decompositions.calls import Invocation, Proceed
from importer.masks import strip
from translation.operators.broadcast_add import add


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """One call on two tensors; Keras 2's layer drops their masks."""
    shortcut, scaled = (strip(tensor) for tensor in invocation.inputs)
    return add(shortcut, proceed(invocation.on(scaled)))
