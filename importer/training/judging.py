"""Judge one number or tensor of the training: by its largest difference, and by its typical one.

The largest is what outputs are judged by. A step of an optimizer such as Adam depends on the sign of a gradient that is
nearly zero, so a few numbers of a large tensor may move by all they have, and a learning rate that is wrong by a
hundredth would not be seen among them. It moves all numbers, and so the root of their mean square.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interchange.messages.training import TrainingComparison
from interchange.workers import differences
from interchange.workers.tolerances import Tolerance, size

# What rounding alone moves by more than this share of its size proves nothing, as for outputs.
_MOVED = 0.1
# Each of three steps rounds a weight once in each Keras, by half a unit in its last place.
_ROUNDED = 3
# The typical rounding of a number is smaller than the largest one.
_TYPICAL = 1


@dataclass(frozen=True)
class Truth:
    """What Keras 2 has computed, and how far rounding moves it: its largest number and a typical one, None for NaN.

    `held` is what a weight or slot held before, of which it was a change; every step rounds that. `scale` is how large
    others of its kind are.
    """

    kind: str
    name: str
    value: np.ndarray
    noise: tuple[float, float] | None
    held: np.ndarray | None = None
    scale: float = 0.0


def judged(truth: Truth, found: np.ndarray | None, within: Tolerance) -> TrainingComparison:
    """The row of the report about a number or tensor that Keras 3 has `found`, None if it has none."""
    if found is None:
        found = np.zeros_like(truth.value)
    if found.shape != truth.value.shape:
        reason = f"its shape is {found.shape}, not {truth.value.shape}"
        return TrainingComparison(truth.kind, truth.name, None, 0.0, equal=False, reason=reason)
    if truth.value.dtype.kind in "iub":
        gap = differences.largest(found, truth.value)
        return _row(truth, gap, 0.0, proves=True, wrong=f"by {gap:.3g}" if gap else None)
    return _close(truth, found, within)


def _close(truth: Truth, found: np.ndarray, within: Tolerance) -> TrainingComparison:
    gaps = differences.largest(found, truth.value), differences.typical(found, truth.value)
    sizes = size(truth.value), differences.root_mean_square(truth.value)
    moved = [noise + floor for noise, floor in zip(truth.noise or (0.0, 0.0), _floors(truth))]
    limits = [within.rtol * scale + each for scale, each in zip(sizes, moved)]
    proving = [truth.noise is not None and each <= _MOVED * scale for scale, each in zip(sizes, moved)]
    if not any(proving):
        limits = [2 * scale + limit + truth.scale for scale, limit in zip(sizes, limits)]
    wrong = None
    if gaps[0] > limits[0]:
        wrong = f"by {gaps[0]:.3g}, {limits[0]:.3g} may be rounding"
    elif gaps[1] > limits[1]:
        wrong = f"typically by {gaps[1]:.3g}, {limits[1]:.3g} may be rounding"
    return _row(truth, gaps[0] if np.isfinite(gaps[0]) else None, limits[0], proves=any(proving), wrong=wrong)


def _floors(truth: Truth) -> tuple[float, float]:
    """What rounding what was held before makes of a change: the largest number and a typical one."""
    if truth.held is None or truth.held.dtype.kind in "iub":
        return 0.0, 0.0
    spacing = 2.0**-7 if truth.held.dtype.name == "bfloat16" else float(np.finfo(truth.held.dtype).eps)
    return _ROUNDED * spacing * size(truth.held), _TYPICAL * spacing * differences.root_mean_square(truth.held)


def _row(truth: Truth, gap: float | None, limit: float, *, proves: bool, wrong: str | None) -> TrainingComparison:
    noise = truth.noise[0] if truth.noise else None
    return TrainingComparison(truth.kind, truth.name, gap, limit, wrong is None, wrong, noise, proves)
