"""Methods of resizing as matrices, with the weights of TensorFlow, on which not all backends of Keras 3 agree.

Keras 3 lacks `area`, `gaussian` and `mitchellcubic`; PyTorch lacks `lanczos3` and `lanczos5`; and every backend
computes another `bicubic`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from translation.weight_transforms import Array


@dataclass(frozen=True)
class _Kernel:
    """The weight of an input by its distance; zero beyond `radius`."""

    radius: float
    weight: Callable[[Array], Array]


def _gaussian(distance: Array) -> Array:
    # TensorFlow's standard deviation is a third of the radius.
    return np.asarray(np.exp(-(distance**2) / (2 * 0.5**2)))


def _mitchell_cubic(distance: Array) -> Array:
    x = np.abs(distance)
    near = ((7 / 6 * x - 2) * x) * x + 8 / 9
    far = ((-7 / 18 * x + 2) * x - 10 / 3) * x + 16 / 9
    return np.where(x >= 1, far, near)


def _lanczos(radius: float) -> _Kernel:
    return _Kernel(radius, lambda x: np.sinc(x) * np.sinc(x / radius))


def _cubic(distance: Array) -> Array:
    x = np.abs(distance)
    near = ((1.5 * x - 2.5) * x) * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x >= 1, far, near)


_KERNELS = {
    "gaussian": _Kernel(1.5, _gaussian),
    "mitchellcubic": _Kernel(2.0, _mitchell_cubic),
    "lanczos3": _lanczos(3.0),
    "lanczos5": _lanczos(5.0),
    "bicubic": _Kernel(2.0, _cubic),
}
LOST = frozenset({"area", "gaussian", "mitchellcubic"})
METHODS = frozenset({"area", *_KERNELS})
# The steps of the table in which TensorFlow looks up bicubic weights, unless antialiased.
_STEPS = 1024


def by_matrices(method: str, sizes: Iterable[int | None]) -> bool:
    """Whether images of these sizes are resized by matrices, which need known sizes; else by Keras 3, if it can."""
    return method in LOST or (method in METHODS and None not in sizes)


def matrix(method: str, before: int, after: int, antialias: bool = False) -> Array:
    """Weights of shape (before, after) that resize an axis; source: image_resizer_state and scale_and_translate_op."""
    if method == "area":
        return _area(before, after).astype("float32")
    stretch = max(before / after, 1.0) if antialias else 1.0
    tabled = method == "bicubic" and not antialias
    middle = _tabled(before, after) if tabled else (np.arange(after) + 0.5) * (before / after)
    return _sampled(_KERNELS[method], before, middle, stretch).astype("float32")


def _area(before: int, after: int) -> Array:
    """The mean of the inputs that an output covers, with fractions at its ends."""
    scale = before / after
    start = np.arange(after) * scale
    source = np.arange(before)[:, None]
    covered = np.minimum(source + 1, start + scale) - np.maximum(source, start)
    return np.clip(covered, 0, None) / scale


def _tabled(before: int, after: int) -> Array:
    """The middles of outputs that are in the table, counted in float32 from the input before."""
    half = np.float32(0.5)
    place = (np.arange(after, dtype="float32") + half) * (np.float32(before) / np.float32(after)) - half
    first = np.floor(place)
    return np.asarray(first + np.rint((place - first) * _STEPS) / _STEPS + 0.5)


def _sampled(kernel: _Kernel, before: int, middle: Array, stretch: float) -> Array:
    """A kernel, stretched, laid over the middle of each output, and normalised where the image ends within it."""
    distance = (np.arange(before)[:, None] + 0.5 - middle) / stretch
    weights = np.where(np.abs(distance) < kernel.radius, kernel.weight(distance), 0.0)
    return np.asarray(weights / weights.sum(0))
