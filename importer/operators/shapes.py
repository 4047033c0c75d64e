"""Shapes: asking for them, and giving tensors another one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from importer.operators import sizes
from importer.operators.operator import example, named, tensor


def _shape(ops: Any, input: Any, out_type: str = "int32") -> Any:  # noqa: A002, ARG001  (TensorFlow's names)
    return sizes.shape_of(input)


def _reshape(ops: Any, tensor: Any, shape: Any) -> Any:
    target = np.asarray(shape, object).reshape(-1)
    open_ends = [size for size in target if isinstance(size, sizes.Size) or size == -1]
    first_stays = len(target) and isinstance(target[0], sizes.Size) and target[0].axis == 0
    if len(open_ends) > 1 and first_stays and hasattr(tensor, "_keras_history"):
        import keras

        return keras.layers.Reshape(sizes.target(target[1:]))(tensor)
    return ops.reshape(tensor, sizes.target(target))


def _getitem(ops: Any, tensor: Any, slice_spec: Any, var: Any = None) -> Any:  # noqa: ARG001
    return tensor[tuple(map(_index, slice_spec)) if isinstance(slice_spec, list) else _index(slice_spec)]


def _index(part: Any) -> Any:
    """One place of an index as JSON has it."""
    if not isinstance(part, Mapping):
        return part
    if part.get("class_name") == "__ellipsis__":
        return Ellipsis
    return slice(part["start"], part["stop"], part["step"])


def _transpose(ops: Any, a: Any, perm: Any = None, conjugate: bool = False) -> Any:  # noqa: ARG001
    return ops.transpose(a, perm)


OPERATORS = (
    named("shape compat.v1.shape", "", _shape),
    named("reshape", "tensor", _reshape, example(tensor(6), [-1, 2, 3]), example(tensor(2, 3), (-1, 6))),
    named(
        "transpose compat.v1.transpose",
        "a",
        _transpose,
        example(tensor(2, 3), perm=[0, 2, 1]),
        example(tensor(2, 3, 4), [0, 3, 1, 2]),
    ),
    named("__operators__.getitem", "tensor", _getitem),
)
