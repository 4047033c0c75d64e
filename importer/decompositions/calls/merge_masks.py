"""Add and similar layers: Keras 2 joins masks with AND and merges masked values too, which Keras 3 does not."""

from __future__ import annotations

from typing import Any

from importer.decompositions.calls import Invocation, Proceed
from importer.masks import all_of, attach, mask_of, strip
from translation.operators.broadcast_add import summable

# Keras 3 ignores masks in these; with one mask common to all inputs, OR equals AND.
_BLIND = frozenset({"Add", "Average", "Subtract"})
_SUMS = frozenset({"Add", "Average"})


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """One call of a merging layer on a list of tensors."""
    inputs = list(invocation.inputs)
    merged = _summable(invocation, inputs) if type(invocation.layer).__name__ in _SUMS else inputs
    masks = [mask_of(tensor) for tensor in inputs]
    present = [mask for mask in masks if mask is not None]
    common = len(present) == len(masks) and len({id(mask) for mask in present}) == 1
    blind = common and merged is inputs and type(invocation.layer).__name__ in _BLIND
    if not present or blind:
        return proceed(invocation.on(merged))
    invocation.tell(
        "semantic", "merges values without masks; the AND of all masks is attached to its output, as in Keras 2"
    )
    outputs = proceed(invocation.on([strip(tensor) for tensor in merged]))
    return attach(outputs, all_of(list({id(mask): mask for mask in present}.values())), invocation.layer.name)


def _summable(invocation: Invocation, inputs: list[Any]) -> list[Any]:
    """The summands, broadcast to the shape of the sum if Keras 3 might take one of them for a bias."""
    summands = summable(inputs)
    if summands is not inputs:
        invocation.tell(
            "semantic", "is called with tensors of one shape, because Keras 3 may take a shorter one for a bias"
        )
    return summands
