"""Images turned, mirrored and transposed."""

from __future__ import annotations

from typing import Any

from translation.operators.operator import Build, defined_in, example, named, tensor


def _mirrored(axis: int) -> Build:
    return lambda ops, image: ops.flip(image, axis=axis)


def _turned(ops: Any, image: Any, k: int = 1) -> Any:
    """Rotated by quarters to the left."""
    turns = k % 4
    if turns == 2:
        return ops.flip(image, axis=(-3, -2))
    if turns == 1:
        return _transposed(ops, ops.flip(image, axis=-2))
    return ops.flip(_transposed(ops, image), axis=-2) if turns else image


def _transposed(ops: Any, image: Any) -> Any:
    return ops.swapaxes(image, -3, -2)


_ANY = example(tensor(4, 5, 3)), example(tensor(2, 3, 1))
SOURCES = defined_in("ops/image_ops_impl")
OPERATORS = (
    named("image.flip_left_right", "image", _mirrored(axis=-2), *_ANY),
    named("image.flip_up_down", "image", _mirrored(axis=-3), *_ANY),
    named("image.transpose compat.v1.image.transpose_image", "image", _transposed, *_ANY),
    named("image.rot90", "image", _turned, *_ANY, *(example(tensor(4, 5, 3), k) for k in (2, 3, -3))),
)
