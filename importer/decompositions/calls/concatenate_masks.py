"""Concatenate on masked inputs: along the last axis Keras 2 joins the masks with AND, Keras 3 with OR."""

from __future__ import annotations

from typing import Any

from importer.decompositions.calls import Invocation, Proceed
from importer.masks import all_of, attach, mask_of, strip


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """One call of Concatenate on a list of tensors."""
    inputs = list(invocation.inputs)
    present = {id(mask_of(tensor)): mask_of(tensor) for tensor in inputs if mask_of(tensor) is not None}
    rank = len(inputs[0].shape)
    if not present:
        return proceed(invocation)
    invocation.tell("semantic", "the masks of its inputs are joined as in Keras 2 and attached to its output")
    merged = proceed(invocation.on([strip(tensor) for tensor in inputs]))
    if invocation.layer.axis % rank == rank - 1:
        return attach(merged, all_of(list(present.values())), invocation.layer.name)
    return attach(merged, _joined(inputs, invocation.layer.axis % rank), invocation.layer.name)


def _joined(inputs: list[Any], axis: int) -> Any:
    """The masks concatenated along the axis of the values; an input without a mask counts as unmasked."""
    import keras

    ops = keras.ops
    masks = [mask_of(x) if mask_of(x) is not None else ops.any(ops.ones_like(x, dtype="bool"), axis=-1) for x in inputs]
    return ops.concatenate(masks, axis=axis)
