"""Dot(normalize=True): the norm has a floor of 1e-6 in Keras 2, of 1e-7 in Keras 3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from importer.decompositions.calls import Invocation, Proceed
from translation.operators.linalg.norms import l2_normalize


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """Call the layer on inputs that are normalized before."""
    from keras import ops

    axes = invocation.layer.axes
    pair = axes if isinstance(axes, Sequence) else [axes, axes]
    inputs = [l2_normalize(ops, x, [axis]) for x, axis in zip(invocation.inputs, pair)]
    return proceed(invocation.on(inputs))
