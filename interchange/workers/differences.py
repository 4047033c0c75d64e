"""How far two arrays of one shape are apart: the largest difference, and the typical one."""

from __future__ import annotations

import numpy as np

from interchange.workers.tolerances import size


def largest(a: np.ndarray, b: np.ndarray) -> float:
    """The largest absolute difference; infinite where NaN or infinities are in other places."""
    gap = _gaps(a, b)
    return float(gap.max(initial=0.0))


def typical(a: np.ndarray, b: np.ndarray) -> float:
    """The root of the mean square of all differences; infinite where NaN or infinities are in other places."""
    gap = _gaps(a, b)
    return float(np.sqrt(np.mean(np.square(gap)))) if gap.size else 0.0


def root_mean_square(array: np.ndarray) -> float:
    """The typical size of the finite values."""
    values = array.astype("float64")
    values = values[np.isfinite(values)]
    return float(np.sqrt(np.mean(np.square(values)))) if values.size else 0.0


def relative(a: np.ndarray, b: np.ndarray) -> float:
    """The largest difference, by the largest value of `b`; 0 where all is 0."""
    gap, scale = largest(a, b), size(b)
    return gap / scale if gap and scale else gap


def _gaps(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    a, b = a.astype("float64"), b.astype("float64")
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(invalid="ignore"):  # infinity less infinity
        gap = np.abs(a - b)
    return np.where(same, 0.0, np.where(np.isnan(gap), np.inf, gap))
