"""TensorFlow's methods of resizing that Keras 3 has lost, as matrices: what each output is made of, axis by axis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from importer.recasts import Array


@dataclass(frozen=True)
class _Kernel:
    """How much an input at a distance counts; nothing beyond `radius`."""

    radius: float
    weight: Callable[[Array], Array]


def _gaussian(distance: Array) -> Array:
    # TensorFlow takes a third of the radius for the standard deviation.
    return np.asarray(np.exp(-(distance**2) / (2 * 0.5**2)))


def _mitchell_cubic(distance: Array) -> Array:
    x = np.abs(distance)
    near = ((7 / 6 * x - 2) * x) * x + 8 / 9
    far = ((-7 / 18 * x + 2) * x - 10 / 3) * x + 16 / 9
    return np.where(x >= 1, far, near)


_KERNELS = {"gaussian": _Kernel(1.5, _gaussian), "mitchellcubic": _Kernel(2.0, _mitchell_cubic)}
METHODS = frozenset({"area", *_KERNELS})


def matrix(method: str, before: int, after: int, antialias: bool = False) -> Array:
    """Weights of shape (before, after) that resize an axis; source: image_resizer_state and scale_and_translate_op."""
    stretch = max(before / after, 1.0) if antialias else 1.0
    weights = _area(before, after) if method == "area" else _sampled(_KERNELS[method], before, after, stretch)
    return weights.astype("float32")


def _area(before: int, after: int) -> Array:
    """The mean over the stretch of inputs that an output covers, with parts of those at its ends."""
    scale = before / after
    start = np.arange(after) * scale
    source = np.arange(before)[:, None]
    covered = np.minimum(source + 1, start + scale) - np.maximum(source, start)
    return np.clip(covered, 0, None) / scale


def _sampled(kernel: _Kernel, before: int, after: int, stretch: float) -> Array:
    """A kernel, stretched, laid over the middle of each output, and normalised where the image ends within it."""
    middle = (np.arange(after) + 0.5) * (before / after)
    distance = (np.arange(before)[:, None] + 0.5 - middle) / stretch
    weights = np.where(np.abs(distance) < kernel.radius, kernel.weight(distance), 0.0)
    return np.asarray(weights / weights.sum(0))
