"""A recurrent layer called on [sequences, *states]: Keras 3 takes the states, and then the mask, by name."""

from __future__ import annotations

from typing import Any

from importer.native import Invocation, Proceed
from importer.native.masks import mask_of


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """Name the initial states; with more than one tensor given, Keras 3 does not look for a mask by itself."""
    inputs, kwargs = invocation.inputs, dict(invocation.kwargs)
    if isinstance(inputs, (list, tuple)):
        inputs, states = inputs[0], list(inputs[1:])
        if states:
            kwargs["initial_state"] = states
    if kwargs.get("initial_state") is not None:
        mask = mask_of(inputs)
        if mask is not None:
            kwargs.setdefault("mask", mask)
    return proceed(Invocation(invocation.layer, inputs, kwargs))
