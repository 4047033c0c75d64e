"""How far the outputs of two models are apart, in what rounding may explain."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from interchange.workers.tolerances import Tolerance, size

APART = float("inf")


def gap(
    found: Sequence[np.ndarray], wanted: Sequence[np.ndarray], noise: Sequence[np.ndarray], within: Tolerance
) -> float:
    """The largest difference as a multiple of what is allowed; infinite for another shape, dtype, NaN or whole number.

    `noise` is how far rounding alone moves each number of each output.
    """
    if len(found) != len(wanted):
        return APART
    return max((_gap(*each, within) for each in zip(found, wanted, noise)), default=0.0)


def _gap(found: np.ndarray, wanted: np.ndarray, noise: np.ndarray, within: Tolerance) -> float:
    if found.shape != wanted.shape or found.dtype != wanted.dtype:
        return APART
    if wanted.dtype.kind not in "fc" and wanted.dtype.name != "bfloat16":
        still = noise == 0
        return 0.0 if np.array_equal(found[still], wanted[still]) else APART
    a, b = found.astype("complex128"), wanted.astype("complex128")
    steady = np.isfinite(b) & np.isfinite(noise)
    if not np.array_equal(np.isfinite(a) | ~np.isfinite(noise), np.isfinite(b) | ~np.isfinite(noise)):
        return APART
    allowed = within.rtol * size(wanted) + within.atol + noise[steady]
    return float((np.abs(a - b)[steady] / allowed).max(initial=0.0))


def moved(first: Sequence[np.ndarray], others: Sequence[Sequence[np.ndarray]]) -> list[np.ndarray]:
    """How far each number of each output moves between answers to inputs that differ by rounding, four times over."""
    found = []
    for place, wanted in enumerate(first):
        largest = np.zeros(wanted.shape)
        for other in others:
            largest = np.maximum(largest, _distance(other[place], wanted))
        found.append(4 * largest)
    return found


def _distance(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    if b.dtype.kind in "fc" or b.dtype.name == "bfloat16":
        with np.errstate(invalid="ignore"):
            distance = np.abs(a.astype("complex128") - b.astype("complex128"))
        same = np.isnan(distance) & ~(np.isfinite(a.astype("complex128")) ^ np.isfinite(b.astype("complex128")))
        return np.where(same, 0.0, np.nan_to_num(distance, nan=np.inf))
    return (a != b).astype(float)


def in_parts(arrays: Sequence[np.ndarray], parts: int) -> list[tuple[np.ndarray, ...]]:
    """Arrays of one shape, cut along their first axis into so many parts; whole where that does not come out even."""
    shapes = {array.shape for array in arrays}
    if len(shapes) != 1 or not arrays[0].ndim or not len(arrays[0]) or len(arrays[0]) % parts:
        return [tuple(arrays)]
    return list(zip(*(np.split(array, parts) for array in arrays)))
