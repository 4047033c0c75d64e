"""`time_major=True`: sequences arrive and leave as (time, batch, features); Keras 3 knows (batch, time, features)."""

from __future__ import annotations

from typing import Any

from importer.decompositions.calls import Invocation, Proceed
from importer.masks import mask_of


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """Transpose the sequences before the call and, where sequences come out, after it."""
    import keras

    inputs = invocation.inputs
    sequences, states = (inputs[0], list(inputs[1:])) if isinstance(inputs, (list, tuple)) else (inputs, [])
    mask = invocation.kwargs.get("mask", mask_of(sequences))
    of_time = None if mask is None else keras.ops.transpose(mask, (1, 0))
    turned = keras.ops.transpose(sequences, _swapped(sequences))
    outputs = proceed(invocation.on([turned, *states] if states else turned, mask=of_time))
    return _turned_back(outputs, invocation.layer)


def _turned_back(outputs: Any, layer: Any) -> Any:
    """Transpose the outputs with a time axis: the sequences, never the states that follow them."""
    import keras

    core = getattr(layer, "forward_layer", layer)
    if not core.return_sequences:
        return outputs
    several = isinstance(outputs, (list, tuple))
    count = 1 if getattr(layer, "merge_mode", "concat") is not None else 2
    flat = list(outputs) if several else [outputs]
    turned = [keras.ops.transpose(x, _swapped(x)) for x in flat[:count]] + flat[count:]
    return turned if several else turned[0]


def _swapped(tensor: Any) -> tuple[int, ...]:
    return (1, 0, *range(2, len(tensor.shape)))
