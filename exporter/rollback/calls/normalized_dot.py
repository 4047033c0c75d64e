"""Dot with normalize=True: the norm is no less than 1e-7 in Keras 3, and than 1e-6 in Keras 2.15."""

from __future__ import annotations

from typing import Any

from exporter.rollback.calls import Invocation, Proceed
from exporter.rollback.calls.unit_normalization import normalized

_FLOOR = 1e-7


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """The dot product of the inputs, divided by their norms before the layer as Keras 3 does it."""
    if not invocation.layer.normalize:
        return proceed(invocation)
    axes = invocation.layer.axes
    both = [axes, axes] if isinstance(axes, int) else list(axes)
    given = [normalized(x, axis, _FLOOR) for x, axis in zip(invocation.inputs, both)]
    invocation.layer.normalize = False
    return proceed(invocation.on(given))
