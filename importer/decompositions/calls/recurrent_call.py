"""A recurrent layer called on [sequences, *states]: Keras 3 takes the states, and then the mask, by name."""

from __future__ import annotations

from typing import Any

from importer.decompositions.calls import Invocation, Proceed
from importer.masks import mask_of


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """Pass the initial states by name, and the mask too, for Keras 3 ignores it if there are several inputs."""
    inputs, states = invocation.inputs, invocation.kwargs.get("initial_state")
    if isinstance(inputs, (list, tuple)):
        inputs, states = inputs[0], list(inputs[1:]) or states
    mask = invocation.kwargs.get("mask")
    if states is not None and mask is None and mask_of(inputs) is not None:
        mask = mask_of(inputs)
        invocation.tell(
            "semantic",
            "is called with its mask by name, because Keras 3 does not look for one if there are initial states",
        )
    return proceed(invocation.on(inputs, initial_state=states, mask=mask))
