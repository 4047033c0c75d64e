"""Parts of tensors: slices, values at given places, one-hot codes, and updates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from translation.keras3_to_2.operations.constants import Constant
from translation.keras3_to_2.operations.dtypes import cast, constant, dtype_of, is_tensor, plain, strong
from translation.keras3_to_2.operations.families.shapes import swapped
from translation.keras3_to_2.operations.operation import NUMBERS, listed, named, part, rank
from translation.operators.operator import example, tensor


def _item(_tf: Any, x: Any, key: Any) -> Any:
    return part(x, *key) if isinstance(key, list) else part(x, key)


def _take(tf: Any, x: Any, indices: Any, *, axis: int | None = None) -> Any:
    """Values along an axis; negative places count from its end."""
    x, axis = (tf.reshape(x, [-1]), 0) if axis is None else (x, axis % rank(x))
    return tf.gather(x, _counted(tf, indices, x, axis), axis=axis)


def _counted(tf: Any, indices: Any, x: Any, axis: int) -> Any:
    """Places along an axis, counted from its start."""
    if is_tensor(indices):
        indices = cast(tf, indices, "int32") if dtype_of(indices) not in ("int32", "int64") else indices
        size = x.shape[axis] if x.shape[axis] is not None else tf.cast(tf.shape(x)[axis], dtype_of(indices))
        return tf.where(tf.less(indices, 0), tf.add(indices, size), indices)
    places = plain(indices, "int32")
    if not _any_negative(places):
        return places
    if x.shape[axis] is not None:
        return _from_start(places, x.shape[axis])
    return _counted(tf, constant(tf, places, "int32", x), x, axis)


def _any_negative(places: Any) -> bool:
    return any(map(_any_negative, places)) if isinstance(places, list) else places < 0


def _from_start(places: Any, size: int) -> Any:
    if isinstance(places, list):
        return [_from_start(each, size) for each in places]
    return places + size if places < 0 else places


def _take_along(tf: Any, x: Any, indices: Any, *, axis: int | None = None) -> Any:
    x, axis = (tf.reshape(x, [-1]), 0) if axis is None else (x, axis % rank(x))
    indices = indices if is_tensor(indices) else constant(tf, indices, "int32", x)
    places = _counted(tf, indices, x, axis)
    size = lambda value: [1 if each == axis else n for each, n in enumerate(value.shape)]  # noqa: E731
    if size(x) != size(places):
        shape = tf.broadcast_dynamic_shape(_but_one(tf, x, axis), _but_one(tf, places, axis))
        x, places = (tf.broadcast_to(each, _with(tf, shape, each, axis)) for each in (x, places))
    x, places = swapped(tf, x, axis, -1), swapped(tf, places, axis, -1)
    return swapped(tf, tf.gather(x, places, batch_dims=rank(x) - 1), axis, -1)


def _but_one(tf: Any, x: Any, axis: int) -> Any:
    """The shape of a tensor with one element along the axis."""
    return tf.shape(x[(slice(None),) * axis + (slice(0, 1),)])


def _with(tf: Any, shape: Any, x: Any, axis: int) -> Any:
    """The shape with the size that a tensor has along the axis."""
    return tf.concat([shape[:axis], tf.shape(x)[axis : axis + 1], shape[axis + 1 :]], axis=0)


def one_hot(tf: Any, x: Any, *, num_classes: int, axis: int = -1, dtype: Any = None) -> Any:
    """A one at the place of each number."""
    indices = cast(tf, x, "int64")
    if dtype == "bool":
        return tf.one_hot(indices, num_classes, on_value=True, off_value=False, axis=axis, dtype="bool")
    return tf.one_hot(indices, num_classes, axis=axis, dtype=dtype or "float32")


def _multi_hot(tf: Any, inputs: Any, *, num_classes: Any = None, axis: int = -1, dtype: Any = None) -> Any:
    found = one_hot(tf, inputs, num_classes=num_classes, axis=axis, dtype=dtype)
    reduced = tf.reduce_any if dtype == "bool" else tf.reduce_max
    return reduced(found, axis=1 if rank(inputs) > 1 else 0)


def _dense(arguments: Mapping[str, Any]) -> str | None:
    return "sparse tensors are not supported" if arguments.get("sparse") else None


def _slice(tf: Any, inputs: Any, start_indices: Any, *, shape: Any) -> Any:
    return tf.slice(inputs, start_indices, listed(shape))


def _whole_shape(arguments: Mapping[str, Any]) -> str | None:
    return "not every size of the slice is known" if None in listed(arguments["shape"]) else None


def _scatter(tf: Any, indices: Any, values: Any, *, shape: Any) -> Any:
    beside = values if is_tensor(values) else indices
    indices = indices if is_tensor(indices) else constant(tf, indices, "int32", beside)
    values = values if is_tensor(values) else constant(tf, values, strong(values), beside)
    return tf.scatter_nd(indices, values, listed(shape))


_UPDATES = {
    None: "tensor_scatter_nd_update",
    "add": "tensor_scatter_nd_add",
    "max": "tensor_scatter_nd_max",
    "min": "tensor_scatter_nd_min",
}


def _update(tf: Any, inputs: Any, indices: Any, updates: Any, *, reduction: str | None = None) -> Any:
    beside = next(each for each in (inputs, indices, updates) if is_tensor(each))
    dtype = dtype_of(inputs) if is_tensor(inputs) else strong(inputs)
    inputs, updates = (each if is_tensor(each) else constant(tf, each, dtype, beside) for each in (inputs, updates))
    indices = indices if is_tensor(indices) else constant(tf, indices, "int32", beside)
    return getattr(tf, _UPDATES[reduction])(inputs, indices, updates)


def _unknown_update(arguments: Mapping[str, Any]) -> str | None:
    reduction = arguments["reduction"]
    return None if reduction in _UPDATES else f"no function of TensorFlow 2.15 has the reduction {reduction!r}"


def _slice_update(tf: Any, inputs: Any, start_indices: Any, updates: Any) -> Any:
    """The input with a part replaced; the part has known sizes, and starts where it fits."""
    starts = [min(max(start, 0), size - count) if size is not None and count is not None else start
              for start, size, count in zip(start_indices, inputs.shape, updates.shape)]  # fmt: skip
    pads = [[start, size - start - count] if size is not None and count is not None else [0, 0]
            for start, size, count in zip(starts, inputs.shape, updates.shape)]  # fmt: skip
    inside = tf.pad(tf.ones_like(updates, dtype="bool"), pads)
    return tf.where(inside, tf.pad(cast(tf, updates, dtype_of(inputs)), pads), inputs)


def _movable(arguments: Mapping[str, Any]) -> str | None:
    inputs, starts, updates = (arguments[key] for key in ("inputs", "start_indices", "updates"))
    if not isinstance(starts, (list, tuple)) or not all(isinstance(start, int) for start in starts):
        return "the place of the update must be plain numbers"
    if not (hasattr(updates, "shape") and hasattr(inputs, "shape")) or isinstance(updates, Constant):
        return "the update must be a tensor"
    for start, size, count in zip(starts, inputs.shape, updates.shape):
        if (size is None or count is None) and (size is not count or start):
            return "the sizes of the update are not known"
    return None


def _places_of(tf: Any, indices: Any, *, shape: Any) -> Any:
    """The places along each axis that flat places mean."""
    found = []
    for size in reversed(listed(shape)):
        found.append(tf.math.floormod(indices, size))
        indices = tf.math.floordiv(indices, size)
    return list(reversed(found))


_COLON = slice(None)
_ROWS = Constant([[0], [2]], "int32")
OPERATIONS = (
    named(
        "GetItem",
        _item,
        example(tensor(3, 4), [_COLON, 0]),
        example(tensor(3, 4), [..., None]),
        example(tensor(3, 4), [_COLON, slice(1, 3), slice(None, None, -1)]),
        example(tensor(3, 4), [_COLON, -1, ..., 2]),
        example(tensor(3, 4), 2),
        dtypes=NUMBERS,
    ),
    named(
        "Take",
        _take,
        example(tensor(3, 4), [0, -1], axis=1),
        example(tensor(3, 4), tensor(dtype="int32", domain="label"), axis=-1),
        example(tensor(4), 1, axis=1),
        example(tensor(4), [[0, 1], [-1, 2]]),
        dtypes=NUMBERS,
    ),
    named(
        "TakeAlongAxis",
        _take_along,
        example(tensor(4), tensor(2, dtype="int32", domain="label"), axis=1),
        example(tensor(4, 3), tensor(2, 1, dtype="int32", domain="label"), axis=1),
        example(tensor(4), Constant([0, -1], "int32")),
        dtypes="float32 int32",
    ),
    named(
        "OneHot",
        one_hot,
        example(tensor(3, domain="label"), num_classes=3),
        example(tensor(3, domain="label"), num_classes=5, axis=1, dtype="int32"),
        example(tensor(domain="label"), num_classes=4, dtype="bool"),
        dtypes="int32 int64",
        refuse=_dense,
        ignored="sparse",
    ),
    named(
        "MultiHot",
        _multi_hot,
        example(tensor(3, domain="label"), num_classes=4),
        example(tensor(3, domain="label"), num_classes=4, dtype="bool"),
        dtypes="int32",
        refuse=_dense,
        ignored="sparse",
    ),
    named("Slice", _slice, example(tensor(4, 3), [1, 1, 0], shape=[2, 2, 3]), refuse=_whole_shape),
    named(
        "Scatter",
        _scatter,
        example(Constant([[0], [2], [2], [1], [0]], "int32"), tensor(3), shape=[4, 3]),
        refuse=_whole_shape,
        dtypes="float32 int32",
    ),
    named(
        "ScatterUpdate",
        _update,
        example(tensor(3), _ROWS, Constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "float32")),
        example(tensor(3), _ROWS, Constant([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "float32"), reduction="add"),
        refuse=_unknown_update,
    ),
    named(
        "SliceUpdate",
        _slice_update,
        example(tensor(4), [0, 1], tensor(2)),
        example(tensor(4, 3), [0, 3, 1], tensor(2, 2)),
        refuse=_movable,
    ),
    named("UnravelIndex", _places_of, example(tensor(3, domain="label"), shape=[2, 2]), dtypes="int32"),
)
