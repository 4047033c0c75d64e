"""Recurrent layers: Keras 3 does not look for a mask of its sequences beside initial states, but passes it on."""

from __future__ import annotations

from typing import Any

from exporter.rollback.calls import Invocation, Proceed
from exporter.rollback.masks import mask_of


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """What the layer gives for the masks that it sees in Keras 3."""
    mask = mask_of(invocation.inputs)
    if mask is None or "initial_state" not in invocation.kwargs:
        return proceed(invocation)
    raise ValueError("Keras 3 does not see the mask of its sequences beside initial states")
