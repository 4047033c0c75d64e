"""Resizing of TensorFlow 1: each output from a few inputs along an axis, without half-pixel centers."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

_STEPS = 1024  # TensorFlow looks the weights of a cubic up in a table of so many steps
_SHARPNESS = -0.75


def resized(ops: Any, images: Any, size: tuple[int, int], method: str, align_corners: bool) -> Any:
    """Images of known size at another, by "nearest", "bilinear" or "bicubic"; along the width first."""
    for axis, after in ((2, size[1]), (1, size[0])):
        ends = align_corners and after > 1
        before = images.shape[axis]
        scale = np.float32(before - 1) / np.float32(after - 1) if ends else np.float32(before) / np.float32(after)
        images = _along(ops, images, axis, np.arange(after, dtype="float32") * scale, method, ends)
    return images


def _along(ops: Any, x: Any, axis: int, places: Array, method: str, ends: bool) -> Any:
    first = np.floor(places)
    if method == "nearest":
        return _taken(ops, x, np.floor(places + np.float32(0.5)) if ends else first, axis)
    if method == "bilinear":
        low, high = _taken(ops, x, first, axis), _taken(ops, x, first + 1, axis)
        return ops.add(low, ops.multiply(ops.subtract(high, low), _spread(places - first, axis)))
    total = None
    for step, weights in _cubic(places - first):
        part = ops.multiply(_taken(ops, x, first + step, axis), _spread(weights, axis))
        total = part if total is None else ops.add(total, part)
    return total


def _cubic(fraction: Array) -> list[tuple[int, Array]]:
    """The weights of the inputs before, at and after a position."""
    near = np.rint(fraction * _STEPS) / _STEPS
    far = 1 - near
    return [(-1, _outer(near + 1)), (0, _inner(near)), (1, _inner(far)), (2, _outer(far + 1))]


def _inner(x: Array) -> Array:
    return ((_SHARPNESS + 2) * x - (_SHARPNESS + 3)) * x * x + 1


def _outer(x: Array) -> Array:
    return ((_SHARPNESS * x - 5 * _SHARPNESS) * x + 8 * _SHARPNESS) * x - 4 * _SHARPNESS


def _taken(ops: Any, x: Any, places: Array, axis: int) -> Any:
    return ops.take(x, np.clip(places, 0, x.shape[axis] - 1).astype("int32"), axis=axis)


def _spread(values: Array, axis: int) -> Array:
    """One number for each place along an axis of images."""
    return values.astype("float32").reshape([-1 if each == axis else 1 for each in range(4)])
