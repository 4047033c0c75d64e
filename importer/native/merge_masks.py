"""Add and its like on masked inputs: Keras 2 joins masks with AND and merges all values; Keras 3 does neither."""

from __future__ import annotations

from typing import Any

from importer.native import Invocation, Proceed
from importer.native.masks import all_of, attach, mask_of, strip

# These do not look at masks in Keras 3; with one mask common to all inputs, OR is AND and nothing differs.
_BLIND = frozenset({"Add", "Average", "Subtract"})


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """One call of a merging layer on a list of tensors."""
    inputs = list(invocation.inputs)
    masks = [mask_of(tensor) for tensor in inputs]
    present = [mask for mask in masks if mask is not None]
    common = len(present) == len(masks) and len({id(mask) for mask in present}) == 1
    if not present or (common and type(invocation.layer).__name__ in _BLIND):
        return proceed(invocation)
    invocation.tell("semantic", "merges values without masks; what comes out is given the AND of them, as in Keras 2")
    bare = [strip(tensor) for tensor in inputs]
    merged = proceed(invocation.on(bare))
    return attach(merged, all_of(list({id(mask): mask for mask in present}.values())), invocation.layer.name)
