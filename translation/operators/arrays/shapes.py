"""Shapes: reading and changing the shape of a tensor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from translation.operators import sizes
from translation.operators.broadcast_add import add
from translation.operators.dtypes import policy
from translation.operators.operator import defined_in, example, named, op, renamed, same, tensor
from translation.operators.symbolic import is_symbolic
from translation.operators.tensor_shapes import shape_of


def _shape(ops: Any, input: Any) -> Any:  # noqa: A002, ARG001  (TensorFlow's names)
    return shape_of(input) if is_symbolic(input) else np.array(np.shape(input), object)


def _size(ops: Any, input: Any) -> Any:  # noqa: A002
    count = 1
    for size in _shape(ops, input):
        count = count * size
    return count


def _shape_n(ops: Any, input: Any) -> Any:  # noqa: A002
    return [_shape(ops, each) for each in input]


def _rank(ops: Any, input: Any) -> int:  # noqa: A002, ARG001
    return len(np.shape(input))


def _reshape(ops: Any, tensor: Any, shape: Any) -> Any:
    return reshaped(tensor, sizes.flat(shape)) if is_symbolic(tensor) else ops.reshape(tensor, sizes.target(shape))


def reshaped(tensor: Any, shape: Sequence[Any]) -> Any:
    """The tensor reshaped to integers, one of which may be -1, and `Size`s."""
    from keras import layers, ops

    target = _resolved(tensor, shape)
    open_ends = [size for size in target if isinstance(size, sizes.Size) or size == -1]
    if len(open_ends) < 2:
        return ops.reshape(tensor, sizes.target(target))
    if len(open_ends) == 2 and sizes.same(target[0], shape_of(tensor)[0]):
        keeping_batch = layers.Reshape(sizes.target(target[1:]), dtype=policy(tensor))
        return keeping_batch(tensor)
    return _gathered(tensor, target)


def _resolved(tensor: Any, shape: Sequence[Any]) -> list[Any]:
    """The shape with all sizes resolved that are known before the model runs; without -1 if several are unknown."""
    if sum(isinstance(size, sizes.Size) or size == -1 for size in shape) < 2:
        return list(shape)
    target = [sizes.resolved(size) for size in shape]
    if -1 not in target:
        return target
    own = shape_of(tensor)
    rest = np.prod([size for size in target if not sizes.is_rest(size)], initial=1)
    missing = sizes.resolved(np.prod(own, initial=1) // rest)
    known = next((size for size in own if sizes.same(size, missing)), missing)
    return [known if sizes.is_rest(size) else size for size in target]


def _gathered(tensor: Any, target: Sequence[Any]) -> Any:
    """The tensor reshaped to several unknown sizes, which no reshape of Keras 3 takes: rows are gathered by index."""
    from keras import ops

    leading = max(axis for axis, size in enumerate(target) if isinstance(size, sizes.Size)) + 1
    rows = ops.reshape(tensor, (-1, *target[leading:]))
    return ops.take(rows, numbered([sizes.range_of(size) for size in target[:leading]], target[:leading]), axis=0)


def numbered(indices: Sequence[Any], shape: Sequence[Any]) -> Any:
    """The flat index of each combination of indices, one array for each axis of `shape`."""
    from keras import ops

    place = ops.convert_to_tensor(indices[0])
    for index, size in zip(indices[1:], shape[1:]):
        place = add(ops.expand_dims(place, -1) * sizes.as_scalar(size), index)
    return place


def _transpose(ops: Any, a: Any, perm: Any = None) -> Any:
    return ops.transpose(a, perm if perm is None else sizes.flat(perm))


def _expand_dims(ops: Any, input: Any, axis: Any) -> Any:  # noqa: A002
    return ops.expand_dims(input, sizes.flat(axis)[0])


def _squeeze(ops: Any, input: Any, axis: Any = None) -> Any:  # noqa: A002
    if axis is None or not np.size(axis):
        return ops.squeeze(input)
    return ops.squeeze(input, tuple(sizes.flat(axis)))


def _flatten(ops: Any, x: Any) -> Any:
    return ops.reshape(x, (-1,))


def _batch_flatten(ops: Any, x: Any) -> Any:  # noqa: ARG001
    return reshaped(x, [-1, int(np.prod(x.shape[1:]))] if None not in x.shape[1:] else [shape_of(x)[0], -1])


SOURCES = defined_in("ops/array_ops ops/check_ops", keras="backend")
OPERATORS = (
    named("shape compat.v1.shape", "", renamed(_shape, "input -out_type")),
    named("keras.backend.shape", "", renamed(_shape, "x=input")),
    named(
        "keras.backend.int_shape",
        "",
        lambda ops, x: tuple(x.shape),  # noqa: ARG005
    ),
    named("shape_n", "", renamed(_shape_n, "input -out_type")),
    named("size compat.v1.size", "", renamed(_size, "input -out_type")),
    named("rank", "", _rank),
    named("keras.backend.ndim", "", lambda ops, x: len(x.shape)),  # noqa: ARG005
    named("reshape", "tensor", _reshape, example(tensor(6), [-1, 2, 3]), example(tensor(2, 3), (-1, 6))),
    named(
        "keras.backend.reshape",
        "x",
        renamed(_reshape, "x=tensor shape"),
        example(tensor(6), [-1, 2, 3]),
        example(tensor(2, 3), (-1, 6)),
    ),
    named(
        "ensure_shape",
        "x",
        lambda ops, x, shape: x,  # noqa: ARG005
        example(tensor(3), [None, 3]),
        example(tensor(2, 3), [None, None, 3]),
    ),
    named(
        "transpose compat.v1.transpose",
        "a",
        renamed(_transpose, "a perm -conjugate"),
        example(tensor(2, 3), perm=[0, 2, 1]),
        example(tensor(2, 3, 4), [0, 3, 1, 2]),
    ),
    named(
        "keras.backend.permute_dimensions",
        "x",
        renamed(_transpose, "x=a pattern=perm"),
        example(tensor(2, 3), (0, 2, 1)),
        example(tensor(2, 3, 4), [0, 3, 1, 2]),
    ),
    same("keras.backend.transpose", "x", "transpose", example(tensor(3)), example(tensor(2, 3))),
    named(
        "expand_dims compat.v1.expand_dims",
        "input",
        renamed(_expand_dims, "input axis dim=axis"),
        example(tensor(3), 1),
        example(tensor(2, 3), axis=-1),
    ),
    named(
        "keras.backend.expand_dims",
        "x",
        op("expand_dims", "x axis:-1"),
        example(tensor(3)),
        example(tensor(2, 3), axis=1),
    ),
    named(
        "squeeze compat.v1.squeeze",
        "input",
        renamed(_squeeze, "input axis squeeze_dims=axis"),
        example(tensor(1, 3), 1),
        example(tensor(1, 3, 1), axis=[1, -1]),
    ),
    named(
        "keras.backend.squeeze",
        "x",
        op("squeeze", "x axis"),
        example(tensor(1, 3), 1),
        example(tensor(2, 3, 1), axis=-1),
    ),
    named("keras.backend.flatten", "x", _flatten, example(tensor(3)), example(tensor(2, 3))),
    named("keras.backend.batch_flatten", "x", _batch_flatten, example(tensor(2, 3)), example(tensor(2, 3, 2))),
)
