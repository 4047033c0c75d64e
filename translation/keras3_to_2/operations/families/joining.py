"""Tensors joined and split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from translation.keras3_to_2.operations.constants import Constant
from translation.keras3_to_2.operations.dtypes import dtype_of, result_type, strong, together
from translation.keras3_to_2.operations.operation import NUMBERS, named, rank
from translation.operators.operator import example, tensor


def _common(tf: Any, values: Sequence[Any], weak: bool = False) -> list[Any]:
    """The values in one dtype; a plain number takes on that of tensors if it is `weak`."""
    found = {(dtype_of if weak else strong)(value) for value in values}
    return together(tf, *values, dtype=result_type(*found))


def _concatenate(tf: Any, xs: Any, *, axis: int = 0) -> Any:
    return tf.concat(_common(tf, xs), axis=axis)


def _stack(tf: Any, x: Any, *, axis: int = 0) -> Any:
    return tf.stack(_common(tf, x, weak=True), axis=axis)


def _append(tf: Any, x1: Any, x2: Any, *, axis: int | None = None) -> Any:
    values = _common(tf, [x1, x2])
    if axis is None:
        return tf.concat([tf.reshape(value, [-1]) for value in values], axis=0)
    return tf.concat(values, axis=axis)


def _in_rows(tf: Any, xs: Any) -> Any:
    return tf.concat(_common(tf, xs), axis=0)


def _in_columns(tf: Any, xs: Any) -> Any:
    values = _common(tf, xs)
    return tf.concat(values, axis=0 if len(xs[0].shape) == 1 else 1)


def _in_depth(tf: Any, xs: Any) -> Any:
    return tf.concat([_of_three_axes(tf, value) for value in _common(tf, xs)], axis=2)


def _of_three_axes(tf: Any, x: Any) -> Any:
    if rank(x) == 0:
        return tf.reshape(x, [1, 1, 1])
    x = tf.expand_dims(x, 0) if rank(x) == 1 else x
    return tf.expand_dims(x, 2) if rank(x) == 2 else x


def _split(tf: Any, x: Any, *, indices_or_sections: Any, axis: int = 0) -> Any:
    if isinstance(indices_or_sections, int):
        return tf.split(x, indices_or_sections, axis=axis)
    places = [0, *indices_or_sections, x.shape[axis]]
    return tf.split(x, [after - before for before, after in zip(places, places[1:])], axis=axis)


def _along(axis: int) -> Any:
    return lambda tf, x, *, indices_or_sections: _split(tf, x, indices_or_sections=indices_or_sections, axis=axis)


def _across(tf: Any, x: Any, *, indices_or_sections: Any) -> Any:
    return _split(tf, x, indices_or_sections=indices_or_sections, axis=0 if rank(x) == 1 else 1)


def _in_parts(tf: Any, x: Any, *, indices_or_sections: int, axis: int = 0) -> Any:
    """Parts of about the same size, the first of them one larger."""
    size, rest = divmod(x.shape[axis], indices_or_sections)
    return tf.split(x, [size + (part < rest) for part in range(indices_or_sections)], axis=axis)


def _of_unknown_size(arguments: Mapping[str, Any]) -> str | None:
    x, places, axis = arguments["x"], arguments["indices_or_sections"], arguments.get("axis", 0)
    if x.shape[axis] is None:
        return "the size of the axis to split is not known"
    return None if isinstance(places, (int, list, tuple)) else "the places to split at must be plain numbers"


def _at_unknown_size(axis: int) -> Any:
    return lambda arguments: _of_unknown_size({**arguments, "axis": axis})


def _unstack(tf: Any, x: Any, *, num: int | None = None, axis: int = 0) -> Any:
    return tf.unstack(x, num=num, axis=axis)


def _grid(tf: Any, *x: Any, indexing: str = "xy") -> Any:
    """Tensors of one axis each, repeated along the axes of the others."""
    flat = [tf.reshape(each, [-1]) for each in x]
    count = len(flat)
    order = list(range(count))
    if indexing == "xy" and count > 1:
        order[0], order[1] = 1, 0
    shape = tf.concat([tf.shape(flat[order.index(axis)]) for axis in range(count)], axis=0)
    placed = [tf.reshape(each, [-1 if axis == order[i] else 1 for axis in range(count)]) for i, each in enumerate(flat)]
    return [tf.broadcast_to(each, shape) for each in placed]


_TWO = [tensor(3), tensor(3)]
OPERATIONS = (
    named(
        "Concatenate",
        _concatenate,
        example(_TWO, axis=-1),
        example([tensor(2), tensor(3, dtype="int32")], axis=1),
        example([tensor(2, 3), tensor(1, 3)], axis=1),
        dtypes=NUMBERS,
    ),
    named(
        "Stack",
        _stack,
        example(_TWO, axis=-1),
        example([tensor(3), tensor(3, dtype="int32")], axis=1),
        example(_TWO),
        dtypes=NUMBERS,
    ),
    named(
        "Append",
        _append,
        example(tensor(3), tensor(3), axis=1),
        example(tensor(3), tensor(2, dtype="int32")),
        example(tensor(3), Constant([1.0, 2.0], "float32")),
    ),
    named("Vstack", _in_rows, example(_TWO), example([tensor(3), tensor(3, dtype="int32")])),
    named("Hstack", _in_columns, example(_TWO), example([tensor(3), tensor(2, dtype="int32")])),
    named("Dstack", _in_depth, example(_TWO), example([tensor(2, 3), tensor(2, 1)])),
    named(
        "Split",
        _split,
        example(tensor(4), indices_or_sections=2, axis=1),
        example(tensor(4, 5), indices_or_sections=[1, 3], axis=-1),
        dtypes=NUMBERS,
        refuse=_of_unknown_size,
    ),
    named("ArraySplit", _in_parts, example(tensor(5), indices_or_sections=3, axis=1), refuse=_of_unknown_size),
    named(
        "Hsplit",
        _across,
        example(tensor(4), indices_or_sections=2),
        example(tensor(4), indices_or_sections=[1]),
        refuse=_at_unknown_size(1),
    ),
    named("Vsplit", _along(0), refuse=_at_unknown_size(0)),
    named("Dsplit", _along(2), example(tensor(2, 4), indices_or_sections=2), refuse=_at_unknown_size(2)),
    named("Unstack", _unstack, example(tensor(3), axis=1), example(tensor(2, 3), num=2, axis=-2)),
    named(
        "Meshgrid",
        _grid,
        example(tensor(), tensor()),
        example(tensor(), tensor(), indexing="ij"),
        example(tensor(), tensor(), tensor()),
    ),
)
