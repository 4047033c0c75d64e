"""Elements scattered into tensors by index."""

from __future__ import annotations

from typing import Any

from translation.operators import sizes
from translation.operators.arrays.filling import filled
from translation.operators.arrays.indexing import whole
from translation.operators.operator import defined_in, named


def _scatter_nd(ops: Any, indices: Any, updates: Any, shape: Any) -> Any:  # noqa: ARG001
    from keras import ops as symbolic

    target = [sizes.resolved(size) for size in sizes.flat(shape)]
    if sizes.is_dynamic(target):
        nothing = filled(target, 0, str(updates.dtype))
        return symbolic.scatter_update(nothing, whole(indices), updates, reduction="add")
    return symbolic.scatter(whole(indices), updates, target)


def _scattered(reduction: str | None, sign: int = 1) -> Any:
    def build(ops: Any, tensor: Any, indices: Any, updates: Any) -> Any:  # noqa: ARG001
        from keras import ops as symbolic

        signed = updates if sign == 1 else symbolic.negative(updates)
        return symbolic.scatter_update(tensor, whole(indices), signed, reduction=reduction)

    return build


SOURCES = defined_in("ops/array_ops ops/gen_array_ops")
OPERATORS = (
    named("scatter_nd", "updates", _scatter_nd),
    named("tensor_scatter_nd_update", "tensor updates", _scattered(None)),
    named("tensor_scatter_nd_add", "tensor updates", _scattered("add")),
    named("tensor_scatter_nd_sub", "tensor updates", _scattered("add", -1)),
    named("tensor_scatter_nd_max", "tensor updates", _scattered("max")),
    named("tensor_scatter_nd_min", "tensor updates", _scattered("min")),
)
