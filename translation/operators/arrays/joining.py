"""Tensors joined, split, repeated and broadcast."""

from __future__ import annotations

from typing import Any

import numpy as np

from translation.operators import sizes
from translation.operators.arrays.slicing import cut
from translation.operators.operator import BATCH, defined_in, example, named, op, renamed, same, tensor
from translation.operators.symbolic import is_symbolic
from translation.operators.tensor_shapes import shape_of


def _concat(ops: Any, values: Any, axis: Any = -1) -> Any:
    if not isinstance(values, (list, tuple)):
        return values
    return ops.concatenate(values, axis=sizes.flat(axis)[0])


def _split(ops: Any, value: Any, num_or_size_splits: Any, axis: Any = 0) -> Any:
    (axis,) = sizes.flat(axis)
    counts = sizes.flat(num_or_size_splits)
    if not isinstance(num_or_size_splits, (list, tuple)) and not np.ndim(num_or_size_splits):
        return ops.split(value, counts[0], axis=axis)
    axis %= len(value.shape)
    length = (shape_of(value) if is_symbolic(value) else value.shape)[axis]
    rest = length - sum(count for count in counts if not sizes.is_rest(count))
    pieces, start = [], 0
    for count in counts:
        end = start + (rest if sizes.is_rest(count) else count)
        pieces.append(cut(value, [*[slice(None)] * axis, slice(start, end)]))
        start = end
    return pieces


def _tile(ops: Any, input: Any, multiples: Any) -> Any:  # noqa: A002
    counts = [sizes.resolved(count) for count in sizes.flat(multiples)]
    if not sizes.is_dynamic(counts):
        return ops.tile(input, counts)
    from keras import ops as symbolic

    tiled = ops.tile(input, [1 if isinstance(count, sizes.Size) else count for count in counts])
    for axis, count in enumerate(counts):
        if isinstance(count, sizes.Size):
            tiled = symbolic.take(tiled, _over_and_over(_length(tiled, axis), count), axis=axis)
    return tiled


def _length(value: Any, axis: int) -> Any:
    return shape_of(value)[axis] if is_symbolic(value) else np.shape(value)[axis]


def _over_and_over(length: Any, count: Any) -> Any:
    """The indices of an axis, repeated as a whole."""
    from keras import ops

    pairs = ops.expand_dims(sizes.ones(count), 1) * ops.expand_dims(sizes.range_of(length), 0)
    return ops.reshape(pairs, (-1,))


def _repeat(ops: Any, input: Any, repeats: Any, axis: int | None = None) -> Any:  # noqa: A002
    if axis is None:
        return _repeat(ops, ops.reshape(input, (-1,)), repeats, 0)
    counts = [sizes.resolved(count) for count in sizes.flat(repeats)]
    if len(counts) == 1 and isinstance(counts[0], int):
        return ops.repeat(input, counts[0], axis=axis)
    if not sizes.is_dynamic(counts):
        return ops.take(input, np.repeat(np.arange(len(counts), dtype="int32"), counts), axis=axis)
    if len(counts) > 1:
        raise ValueError("several repeats known only when the model runs are not supported")
    return _each_several_times(input, counts[0], axis)


def _each_several_times(input: Any, count: Any, axis: int) -> Any:  # noqa: A002
    from keras import ops

    pairs = ops.expand_dims(sizes.range_of(_length(input, axis)), 1) * ops.expand_dims(sizes.ones(count), 0)
    return ops.take(input, ops.reshape(pairs, (-1,)), axis=axis)


def _repeat_vector(ops: Any, x: Any, n: Any) -> Any:
    return _repeat(ops, ops.expand_dims(x, 1), n, 1)


def _broadcast_to(ops: Any, input: Any, shape: Any) -> Any:  # noqa: A002
    target = [sizes.resolved(size) for size in sizes.flat(shape)]
    if sizes.is_dynamic(target):
        return _spread(input, target)
    if is_symbolic(input) and input.shape and input.shape[0] is None and len(target) == len(input.shape):
        return _spread(input, target)  # an axis that is 1 or has the target length: Keras 3 must not be given a size
    return ops.broadcast_to(input, target)


def _spread(input: Any, target: Any) -> Any:  # noqa: A002
    from keras import ops

    mold = ops.ones_like(grid(target), dtype="bool")
    return ops.where(mold, input, input)


def grid(shape: Any) -> Any:
    """Ones of int32 in a shape of integers and `Size`s."""
    from keras import ops

    grid_of_ones = ops.convert_to_tensor(sizes.ones(shape[0]))
    for size in shape[1:]:
        grid_of_ones = ops.expand_dims(grid_of_ones, -1) * sizes.ones(size)
    return grid_of_ones


def _identity(ops: Any, input: Any) -> Any:  # noqa: A002, ARG001
    return input


def _stopped(ops: Any, variables: Any) -> Any:
    several = isinstance(variables, list)
    return [ops.stop_gradient(each) for each in variables] if several else ops.stop_gradient(variables)


SOURCES = defined_in("ops/array_ops ops/array_ops_stack ops/gen_array_ops", keras="backend")
OPERATORS = (
    named(
        "concat", "values", _concat, example([tensor(2, 3), tensor(1, 3)], 1), example([tensor(3), tensor(3)], axis=-1)
    ),
    named(
        "keras.backend.concatenate",
        "tensors",
        op("concatenate", "tensors axis:-1"),
        example([tensor(2, 3), tensor(2, 1)]),
        example([tensor(2, 3), tensor(1, 3)], axis=1),
    ),
    named(
        "stack",
        "values",
        op("stack", "values axis:0"),
        example([tensor(3), tensor(3)]),
        example([tensor(2, 3), tensor(2, 3)], axis=-1),
    ),
    named(
        "keras.backend.stack",
        "x",
        op("stack", "x axis:0"),
        example([tensor(3), tensor(3)], axis=1),
        example([tensor(2, 3), tensor(2, 3)], axis=-1),
    ),
    named(
        "unstack",
        "value",
        op("unstack", "value num:None axis:0"),
        example(tensor(3), axis=1),
        example(tensor(2, 3), num=2, axis=1),
    ),
    named(
        "split compat.v1.split",
        "value",
        renamed(_split, "value num_or_size_splits axis -num"),
        example(tensor(6), 3, axis=1),
        example(tensor(2, 6), [1, -1, 2], axis=-1),
    ),
    named("tile", "input", _tile, example(tensor(3), [1, 2]), example(tensor(2, 3), multiples=[1, 3, 2])),
    named(
        "keras.backend.tile",
        "x",
        renamed(_tile, "x=input n=multiples"),
        example(tensor(3), [1, 2]),
        example(tensor(2, 3), [1, 3, 2]),
    ),
    named("repeat", "input", _repeat, example(tensor(3), 2, axis=1), example(tensor(2, 3), [1, 0, 2], axis=-1)),
    named("keras.backend.repeat", "x", _repeat_vector, example(tensor(3), 2), example(tensor(4), 3)),
    named(
        "keras.backend.repeat_elements",
        "x",
        op("repeat", "x rep axis"),
        example(tensor(3), 2, 1),
        example(tensor(2, 3), 3, axis=2),
    ),
    named("broadcast_to", "input", _broadcast_to, example(tensor(1, 3), [BATCH, 2, 3]), example(tensor(4), [BATCH, 4])),
    named("identity", "input", _identity, example(tensor(3)), example(tensor(2, 3))),
    named("identity_n", "", _identity, example([tensor(3), tensor(2, 3)]), example([tensor(4)])),
    same("stop_gradient", "input", "stop_gradient", example(tensor(3)), example(tensor(2, 3))),
    named("keras.backend.stop_gradient", "", _stopped, example(tensor(3)), example(tensor(2, 3))),
    named("keras.backend.print_tensor", "x", renamed(_identity, "x=input -message -summarize")),
)
