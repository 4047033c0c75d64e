"""Elements selected by a condition, their indices, and pieces merged by index."""

from __future__ import annotations

from typing import Any

import numpy as np

from translation.operators import sizes
from translation.operators.arrays.shapes import reshaped
from translation.operators.operator import defined_in, example, named, tensor
from translation.operators.symbolic import is_symbolic
from translation.operators.tensor_shapes import shape_of


def _boolean_mask(ops: Any, tensor: Any, mask: Any, axis: Any = None) -> Any:
    place = 0 if axis is None else sizes.flat(axis)[0] % len(tensor.shape)
    rows = _merged(tensor, place, len(np.shape(mask)))
    return ops.take(rows, _places(ops, mask), axis=place)


def _merged(tensor: Any, first: int, count: int) -> Any:
    """The tensor with `count` axes from `first` on merged into one, for a mask of so many axes."""
    if count == 1:
        return tensor
    shape = list(shape_of(tensor))
    return reshaped(tensor, [*shape[:first], np.prod(shape[first : first + count]), *shape[first + count :]])


def _places(ops: Any, mask: Any) -> Any:
    """The indices where a mask holds, in the flat mask."""
    if not is_symbolic(mask):
        return np.flatnonzero(np.asarray(mask)).astype("int32")
    return ops.nonzero(ops.reshape(mask, (-1,)))[0]


def positions(ops: Any, condition: Any) -> Any:
    """The indices of each element that is true or not zero, one row each."""
    return ops.cast(ops.stack(ops.nonzero(condition), axis=-1), "int64")


def masked(tensor: Any, mask: Any) -> Any:
    """What `tensor[mask]` is."""
    from keras import ops

    return _boolean_mask(ops, tensor, mask)


def _dynamic_stitch(ops: Any, indices: Any, data: Any) -> Any:
    """One piece for each list of indices; of several for one index the last counts."""
    if any(map(is_symbolic, indices)):
        raise ValueError("indices known only when the model runs are not supported")
    places = [np.asarray(each) for each in indices]
    rows = ops.concatenate([_merged(each, 0, at.ndim) for each, at in zip(data, places)], axis=0)
    last = {place: row for row, place in enumerate(np.concatenate([each.ravel() for each in places]).tolist())}
    if sorted(last) != list(range(len(last))):
        raise ValueError("indices with gaps between them are not supported")
    return ops.take(rows, np.array([last[place] for place in range(len(last))], "int32"), axis=0)


_MASK = [True, False, True, True]
_MASKED = (
    example(tensor(4), _MASK, axis=1),
    example(tensor(3, 4), _MASK, axis=2),
    example(tensor(2, 4), [[True, False, True, False], [False, False, True, True]], axis=1),
    example(tensor(2, 3), tensor(dtype="bool")),
    example(tensor(4, 2), tensor(4, dtype="bool")),
)

SOURCES = defined_in("ops/array_ops ops/gen_data_flow_ops")
OPERATORS = (
    named("boolean_mask", "tensor", _boolean_mask, *_MASKED),
    named("compat.v1.boolean_mask", "tensor", _boolean_mask, *_MASKED),
    named("dynamic_stitch", "data", _dynamic_stitch),
)
