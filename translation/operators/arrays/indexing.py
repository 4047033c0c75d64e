"""Elements selected by index: gathered, reversed, rolled, one-hot encoded."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from translation.operators import sizes
from translation.operators.broadcast_add import add
from translation.operators.operator import defined_in, example, named, renamed, tensor
from translation.operators.symbolic import is_symbolic
from translation.operators.tensor_shapes import shape_of


def whole(indices: Any) -> Any:
    """Indices as Keras 3 takes them: constants as int32, sizes as tensors."""
    if is_symbolic(indices):
        return indices
    return sizes.as_tensor(indices) if sizes.is_dynamic(indices) else np.asarray(indices, "int32")


def _gather(ops: Any, params: Any, indices: Any, axis: Any = None, batch_dims: int = 0) -> Any:
    indices = whole(indices)
    place = batch_dims if axis is None else sizes.flat(axis)[0]
    if batch_dims == 0:
        return ops.take(params, indices, axis=place)
    return _gather_in_batches(params, indices, place % len(params.shape), batch_dims % (len(indices.shape) + 1))


def _gather_in_batches(params: Any, indices: Any, axis: int, batch: int) -> Any:
    """`take` within each element of the leading batch axes; axes between them and `axis` stay in front."""
    from keras import ops

    between = tuple(range(batch, axis))
    rank = len(params.shape)
    turned = ops.transpose(params, (*range(batch), axis, *between, *range(axis + 1, rank)))
    gathered = _at(turned, [*_batches(params, batch, len(indices.shape)), indices])
    inner = len(indices.shape) - batch
    front = tuple(range(batch + inner, batch + inner + len(between)))
    last = tuple(range(batch + inner + len(between), len(gathered.shape)))
    return ops.transpose(gathered, (*range(batch), *front, *range(batch, batch + inner), *last))


def _batches(tensor: Any, count: int, rank: int) -> list[Any]:
    """The index of each element along each leading axis, shaped to broadcast with indices of `rank` axes."""
    from keras import ops

    shape = shape_of(tensor)
    return [
        ops.reshape(sizes.range_of(shape[axis]), [-1 if place == axis else 1 for place in range(rank)])
        for axis in range(count)
    ]


def _at(tensor: Any, indices: Sequence[Any]) -> Any:
    """The elements of a tensor at these indices, one array for each leading axis; the arrays broadcast."""
    from keras import ops

    shape = shape_of(tensor)
    inner = list(shape[len(indices) :])
    place = ops.cast(indices[0], "int32")
    for index, size in zip(indices[1:], shape[1:]):
        place = add(place * sizes.as_scalar(size), ops.cast(index, "int32"))
    outer, unknown = shape[: len(indices)], sum(isinstance(size, sizes.Size) for size in inner)
    if unknown > 1 or (unknown and sizes.is_dynamic(outer)):
        raise ValueError("gathering slices of a size known only when the model runs is not supported")
    rows = ops.reshape(tensor, sizes.target([math.prod(outer) if unknown else -1, *inner]))
    return ops.take(rows, place, axis=0)


def _gather_nd(ops: Any, params: Any, indices: Any, batch_dims: int = 0) -> Any:
    indices = whole(indices)
    parts = ops.unstack(indices, axis=-1) if is_symbolic(indices) else list(np.moveaxis(indices, -1, 0))
    rank = len(indices.shape) - 1
    return _at(params, [*_batches(params, batch_dims, rank), *parts])


def _reverse(ops: Any, tensor: Any, axis: Any) -> Any:
    return ops.flip(tensor, axis=sizes.flat(axis))


def _reverse_sequence(
    ops: Any, input: Any, seq_lengths: Any, seq_axis: int | None = None, batch_axis: int | None = None  # noqa: A002
) -> Any:  # fmt: skip
    """The first elements of each sample reversed, as many as its length."""
    if batch_axis:
        raise ValueError(f"batch_axis={batch_axis} is not supported")
    moved = ops.moveaxis(input, seq_axis, 1)
    places = sizes.range_of(shape_of(moved)[1])
    ends = ops.expand_dims(ops.cast(whole(seq_lengths), "int32"), -1)
    turned = ops.where(ops.less(places, ends), ops.subtract(ends - 1, places), places)
    return ops.moveaxis(_gather_in_batches(moved, turned, 1, 1), 1, seq_axis)


def _roll(ops: Any, input: Any, shift: Any, axis: Any) -> Any:  # noqa: A002
    for step, place in zip(sizes.flat(shift), sizes.flat(axis)):
        settled = sizes.resolved(step)
        if isinstance(settled, int):
            input = ops.roll(input, settled, axis=place)  # noqa: A001
        else:
            length = shape_of(input)[place]
            places = ops.mod(ops.subtract(sizes.range_of(length), sizes.as_scalar(settled)), sizes.as_scalar(length))
            input = ops.take(input, places, axis=place)  # noqa: A001
    return input


def _one_hot(  # noqa: PLR0913, PLR0917
    ops: Any,  # noqa: ARG001
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: int | None = None,
    dtype: str | None = None,
) -> Any:
    from keras import ops as symbolic

    count = sizes.resolved(sizes.flat(depth)[0])
    place = -1 if axis is None else axis
    kind = dtype or next((_kind(value) for value in (on_value, off_value) if value is not None), "float32")
    trailing = 0 if place == -1 else len(indices.shape) - place
    classes = sizes.range_of(count)
    for _ in range(trailing):
        classes = symbolic.expand_dims(classes, -1)
    hot = symbolic.equal(symbolic.expand_dims(indices, place), symbolic.cast(classes, indices.dtype))
    if on_value is None and off_value is None:
        return symbolic.cast(hot, kind)
    on, off = (1 if on_value is None else on_value), (0 if off_value is None else off_value)
    return symbolic.where(hot, symbolic.cast(on, kind), symbolic.cast(off, kind))


def _kind(value: Any) -> str:
    """The dtype of a plain number, or of a tensor."""
    return str(getattr(value, "dtype", {bool: "bool", int: "int32"}.get(type(value), "float32")))


def _searchsorted(ops: Any, sorted_sequence: Any, values: Any, side: str = "left", out_type: str = "int32") -> Any:
    """The number of elements of the sequence before each value."""
    row, column = ops.expand_dims(sorted_sequence, -2), ops.expand_dims(values, -1)
    before = ops.less(row, column) if side == "left" else ops.less_equal(row, column)
    return ops.cast(ops.sum(ops.cast(before, "int32"), axis=-1), out_type)


_OLD_REVERSE_SEQUENCE = renamed(
    _reverse_sequence, "input seq_lengths seq_axis batch_axis seq_dim=seq_axis batch_dim=batch_axis"
)
_LENGTHS = tensor(dtype="int32")
_TURNED = example(tensor(9), _LENGTHS, seq_axis=1), example(tensor(2, 9), _LENGTHS, 2, 0)

SOURCES = defined_in("ops/array_ops ops/gen_array_ops ops/manip_ops", keras="backend")
OPERATORS = (
    named(
        "gather compat.v1.gather",
        "params",
        renamed(_gather, "params indices -validate_indices axis batch_dims"),
        example(tensor(4), [2, 0, 2], axis=1),
        example(tensor(4, 3), [[1, 0], [3, 2]], axis=1),
        example(tensor(4, 3), 2, axis=-1),
    ),
    named(
        "compat.v1.batch_gather",
        "params",
        lambda ops, params, indices: _gather(ops, params, indices, batch_dims=len(indices.shape) - 1),
        example(tensor(4), tensor(2, dtype="int32", domain="label")),
        example(tensor(2, 5), tensor(2, 3, dtype="int32", domain="label")),
    ),
    named(
        "keras.backend.gather",
        "reference",
        lambda ops, reference, indices: ops.take(reference, whole(indices), axis=0),
        example(tensor(4), [0]),
        example(tensor(2, 3), [0, 0]),
    ),
    named(
        "gather_nd compat.v1.gather_nd",
        "params",
        _gather_nd,
        example(tensor(4, 3), tensor(1, dtype="int32", domain="label"), batch_dims=1),
        example(tensor(4, 2, 3), tensor(2, 1, dtype="int32", domain="label"), 1),
    ),
    named(
        "reverse compat.v1.reverse", "tensor", _reverse, example(tensor(3), [1]), example(tensor(2, 3), axis=[1, -1])
    ),
    named(
        "keras.backend.reverse",
        "x",
        renamed(_reverse, "x=tensor axes=axis"),
        example(tensor(3), 1),
        example(tensor(2, 3), [1, 2]),
    ),
    named("reverse_sequence", "input", _reverse_sequence, *_TURNED),
    named("compat.v1.reverse_sequence", "input", _OLD_REVERSE_SEQUENCE, *_TURNED),
    named("roll", "input", _roll, example(tensor(4), 1, 1), example(tensor(3, 4), shift=[2, -1], axis=[1, 2])),
    named(
        "one_hot",
        "indices",
        _one_hot,
        example(tensor(), 5),
        example(tensor(3), 4, on_value=2.5, off_value=-1.0, axis=1),
        example(tensor(3), 4, on_value=True, off_value=False, dtype="bool"),
        dtypes="int32 int64",
    ),
    named(
        "keras.backend.one_hot",
        "indices",
        renamed(_one_hot, "indices num_classes=depth"),
        example(tensor(), 5),
        example(tensor(3), 4),
        dtypes="int32 int64",
    ),
    named("searchsorted", "sorted_sequence values", _searchsorted, dtypes="float32 int32"),
)
