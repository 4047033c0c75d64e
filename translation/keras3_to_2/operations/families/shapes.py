"""Other shapes of the same values: reshaping, transposing, flipping, repeating."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from translation.keras3_to_2.operations.dtypes import cast, dtype_of
from translation.keras3_to_2.operations.operation import NUMBERS, listed, named, rank, sizes
from translation.operators.operator import example, tensor


def _reshape(tf: Any, x: Any, *, newshape: Any) -> Any:
    return tf.reshape(x, listed(newshape))


def _unknown_sizes(arguments: Mapping[str, Any]) -> str | None:
    return (
        "a size of the new shape is None, and -1 stands for one not known"
        if None in listed(arguments["newshape"])
        else None
    )


def _expand(tf: Any, x: Any, *, axis: Any) -> Any:
    axes = rank(x) + len(listed(axis))
    for each in sorted(each % axes for each in listed(axis)):
        x = tf.expand_dims(x, each)
    return x


def _squeeze(tf: Any, x: Any, *, axis: Any = None) -> Any:
    if axis is None:
        return tf.squeeze(x, axis=[each for each, size in enumerate(x.shape) if size == 1])
    return tf.squeeze(x, axis=sorted(each % rank(x) for each in listed(axis)))


def transposed(tf: Any, x: Any, order: Sequence[int]) -> Any:
    """A tensor with its axes in this order; itself if they are."""
    return x if list(order) == list(range(rank(x))) else tf.transpose(x, perm=list(order))


def _transpose(tf: Any, x: Any, *, axes: Any = None) -> Any:
    order = [each % rank(x) for each in axes] if axes else list(reversed(range(rank(x))))
    return tf.transpose(x, perm=order)


def moved(tf: Any, x: Any, source: Any, destination: Any) -> Any:
    """A tensor with some axes at other places."""
    places = dict(zip((each % rank(x) for each in listed(destination)), (each % rank(x) for each in listed(source))))
    order = [each for each in range(rank(x)) if each not in places.values()]
    for place, axis in sorted(places.items()):
        order.insert(place, axis)
    return transposed(tf, x, order)


def _move(tf: Any, x: Any, *, source: Any, destination: Any) -> Any:
    return tf.identity(moved(tf, x, source, destination))


def swapped(tf: Any, x: Any, axis1: int, axis2: int) -> Any:
    """A tensor with two axes exchanged."""
    order = list(range(rank(x)))
    order[axis1], order[axis2] = order[axis2], order[axis1]
    return transposed(tf, x, order)


def _swap(tf: Any, x: Any, *, axis1: int, axis2: int) -> Any:
    return tf.identity(swapped(tf, x, axis1, axis2))


def _ravel(tf: Any, x: Any) -> Any:
    return tf.reshape(x, [-1])


def _flip(tf: Any, x: Any, *, axis: Any = None) -> Any:
    axes = range(rank(x)) if axis is None else (each % rank(x) for each in listed(axis))
    return tf.reverse(x, axis=list(axes))


def _turn(tf: Any, array: Any, *, k: int = 1, axes: Any = (0, 1)) -> Any:
    first, second = (each % rank(array) for each in axes)
    turns = k % 4
    if turns == 2:
        return _half_turn(tf, array, first, second)
    if turns == 1:
        return swapped(tf, tf.reverse(array, axis=[second]), first, second)
    return tf.reverse(swapped(tf, array, first, second), axis=[second]) if turns else tf.identity(array)


def _half_turn(tf: Any, x: Any, first: int, second: int) -> Any:
    """Two quarter turns, between which Keras 3 gives images that are no squares their old shape back."""
    order = [*(axis for axis in range(rank(x)) if axis not in (first, second)), first, second]
    placed = transposed(tf, x, order)
    shape = [-1, *sizes(tf, placed)[-2:]]
    turned = tf.reshape(placed, shape)
    for _ in range(2):
        turned = tf.reshape(tf.transpose(tf.reverse(turned, axis=[2]), perm=[0, 2, 1]), shape)
    return transposed(tf, tf.reshape(turned, tf.shape(placed)), [order.index(axis) for axis in range(rank(x))])


def _roll(tf: Any, x: Any, *, shift: Any, axis: Any = None) -> Any:
    if axis is not None:
        return tf.roll(x, shift=shift, axis=axis)
    return tf.reshape(tf.roll(tf.reshape(x, [-1]), shift=shift, axis=0), tf.shape(x))


def _repeat(tf: Any, x: Any, *, repeats: Any, axis: int | None = None) -> Any:
    dtype = dtype_of(x)
    x = cast(tf, x, "uint32") if dtype == "uint16" else x
    repeats = repeats[0] if isinstance(repeats, list) and len(repeats) == 1 else repeats
    x, axis = (tf.reshape(x, [-1]), 0) if axis is None else (x, axis)
    return cast(tf, tf.repeat(x, repeats, axis=axis), dtype)


def _tile(tf: Any, x: Any, *, repeats: Any) -> Any:
    repeats = listed(repeats)
    repeats = [1] * (rank(x) - len(repeats)) + repeats
    for _ in range(len(repeats) - rank(x)):
        x = tf.expand_dims(x, 0)
    return tf.tile(x, repeats)


def _broadcast(tf: Any, x: Any, *, shape: Any) -> Any:
    return tf.broadcast_to(x, listed(shape))


def _unknown(arguments: Mapping[str, Any]) -> str | None:
    return "not every size of the shape is known" if None in listed(arguments["shape"]) else None


def _pad(tf: Any, x: Any, constant_values: Any = None, *, pad_width: Any, mode: str = "constant") -> Any:
    width = listed(pad_width)
    pairs = [list(each) if isinstance(each, (list, tuple)) else [each, each] for each in width]
    pairs = [width] * rank(x) if len(width) == 2 and not isinstance(width[0], (list, tuple)) else pairs
    pairs = pairs * rank(x) if len(pairs) == 1 else pairs
    if constant_values is None:
        return tf.pad(x, pairs, mode=mode.upper())
    return tf.pad(x, pairs, mode=mode.upper(), constant_values=constant_values)


def _mode(arguments: Mapping[str, Any]) -> str | None:
    mode = arguments["mode"]
    return None if mode in ("constant", "reflect", "symmetric") else f"tf.pad has no mode {mode!r}"


def _size(tf: Any, x: Any) -> Any:
    # A config of Keras 2.15 cannot hold the dtype that `tf.size` is called with.
    return tf.reduce_prod(tf.shape(x))


OPERATIONS = (
    named(
        "Reshape",
        _reshape,
        example(tensor(3, 4), newshape=[-1, 6]),
        example(tensor(3, 4), newshape=[-1, 2, 6]),
        dtypes=NUMBERS,
        refuse=_unknown_sizes,
    ),
    named("ExpandDims", _expand, example(tensor(3), axis=-1), example(tensor(3), axis=[1, -1]), dtypes=NUMBERS),
    named(
        "Squeeze",
        _squeeze,
        example(tensor(1, 3, 1)),
        example(tensor(1, 3, 1), axis=-1),
        example(tensor(1, 3, 1), axis=[1, 3]),
        dtypes=NUMBERS,
    ),
    named("Transpose", _transpose, example(tensor(2, 3)), example(tensor(2, 3), axes=[0, -1, 1]), dtypes=NUMBERS),
    named(
        "Moveaxis",
        _move,
        example(tensor(2, 3), source=1, destination=-1),
        example(tensor(2, 3, 4), source=[0, 1], destination=[-1, 1]),
    ),
    named("Swapaxes", _swap, example(tensor(2, 3), axis1=1, axis2=-1), example(tensor(2, 3), axis1=1, axis2=1)),
    named("Ravel", _ravel, example(tensor(2, 3)), dtypes=NUMBERS),
    named("Flip", _flip, example(tensor(2, 3)), example(tensor(2, 3), axis=-1), example(tensor(2, 3), axis=[1, 2])),
    named("Fliplr", lambda tf, x: tf.reverse(x, axis=[1]), example(tensor(2, 3))),
    named("Flipud", lambda tf, x: tf.reverse(x, axis=[0]), example(tensor(2, 3))),
    named("Rot90", _turn, *(example(tensor(2, 3), k=k, axes=[1, 2]) for k in (0, 1, 2, 3))),
    named(
        "Roll",
        _roll,
        example(tensor(4), shift=1),
        example(tensor(4), shift=-1, axis=1),
        example(tensor(4, 3), shift=[1, 2], axis=[1, 2]),
    ),
    named(
        "Repeat",
        _repeat,
        example(tensor(3), repeats=2, axis=1),
        example(tensor(3), repeats=2),
        example(tensor(3), repeats=[1, 2, 0], axis=1),
        dtypes=NUMBERS,
    ),
    named(
        "Tile",
        _tile,
        example(tensor(3), repeats=2),
        example(tensor(2, 3), repeats=[2, 3]),
        example(tensor(3), repeats=[2, 1, 2]),
        dtypes=NUMBERS,
    ),
    named("BroadcastTo", _broadcast, example(tensor(1), shape=[2, 5, 3]), refuse=_unknown),
    named(
        "Pad",
        _pad,
        example(tensor(3), pad_width=[[0, 0], [1, 2]]),
        example(tensor(3), 2.0, pad_width=[[0, 0], [1, 2]]),
        example(tensor(3, 3), constant_values=1, pad_width=[[0, 0], [1, 1], [0, 2]]),
        example(tensor(4), pad_width=[[0, 0], [2, 1]], mode="reflect"),
        example(tensor(4), pad_width=[[0, 0], [2, 1]], mode="symmetric"),
        refuse=_mode,
    ),
    named("Size", _size, example(tensor(2, 3))),
)
