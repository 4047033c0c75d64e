"""Compare one output with the recorded truth: shape, dtype, NaN pattern, then values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from interchange.messages.verification import OutputComparison
from interchange.values import Ragged, Value, array_of, kind_of
from interchange.workers.tolerances import HALF, Tolerance, size

# Outputs that vary by less than this share of their size over all probes prove little.
_HARDLY = 1e-4


def compare(name: str, result: Value, truth: Value, within: Tolerance, noise: float) -> OutputComparison:
    """Compare the output of one probe; `noise` is how far rounding alone moves it (absolute)."""
    row = _Row(name, array_of(truth), kind_of(result), kind_of(truth))
    if row.kind != row.kind_before and (row.kind_before, row.kind) != ("sparse", "dense"):
        return row.differs(f"it is {row.kind}, not {row.kind_before}")
    if isinstance(result, Ragged) and isinstance(truth, Ragged) and result.lengths != truth.lengths:
        return row.differs("its rows have different lengths")
    return _numbers(row, array_of(result), within, noise)


def _numbers(row: _Row, result: np.ndarray, within: Tolerance, noise: float) -> OutputComparison:
    truth = row.truth
    if result.shape != truth.shape:
        return row.differs(f"its shape is {result.shape}, not {truth.shape}")
    if result.dtype != truth.dtype:
        return row.differs(f"its dtype is {result.dtype}, not {truth.dtype}")
    if truth.dtype.kind not in "fc" and truth.dtype.name not in HALF:
        equal = np.array_equal(result, truth)
        return row.found(0.0, 0.0) if equal else row.differs("values that must be equal differ")
    return _close(row, result, within, noise)


def _close(row: _Row, result: np.ndarray, within: Tolerance, noise: float) -> OutputComparison:
    kind = np.complex128 if row.truth.dtype.kind == "c" else np.float64
    a, b = result.astype(kind), row.truth.astype(kind)
    finite = np.isfinite(b)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True) or not np.isfinite(a[finite]).all():
        return row.differs("NaN or infinity is in other places than in the old model")
    gap = float(np.abs(a[finite] - b[finite]).max(initial=0.0))
    return row.found(gap, within.allowed(size(row.truth), noise))


@dataclass(frozen=True)
class _Row:
    """What all verdicts about one output have in common."""

    name: str
    truth: np.ndarray
    kind: str
    kind_before: str

    def differs(self, reason: str) -> OutputComparison:
        return self._row(None, 0.0, reason)

    def found(self, gap: float, allowed: float) -> OutputComparison:
        return self._row(gap, allowed, None if gap <= allowed else f"by {gap:.3g}, {allowed:.3g} may be rounding")

    def _row(self, gap: float | None, allowed: float, reason: str | None) -> OutputComparison:
        scale = size(self.truth)
        relative = gap / scale if gap and scale else gap
        shape = tuple(int(size) for size in self.truth.shape)
        dtype = "string" if self.truth.dtype.kind == "O" else str(self.truth.dtype)
        kinds = self.kind, self.kind_before
        return OutputComparison(self.name, shape, dtype, gap, relative, allowed, reason is None, reason, *kinds)


def worse(a: OutputComparison, b: OutputComparison) -> OutputComparison:
    """The row that says more: a difference before none, then the larger share of what is allowed."""

    def weight(row: OutputComparison) -> tuple[bool, bool, float]:
        return not row.equal, row.max_abs is None, (row.max_abs or 0.0) / (row.tolerance or 1.0)

    return max(a, b, key=weight)


def rounded_up(number: float) -> str:
    """A number in two digits, which is a little more."""
    return f"{1.1 * number:.1e}"


def hardly_varies(values: list[np.ndarray]) -> bool:
    """True where an output is nearly the same for every sample, so that agreeing on it proves little.

    The first axis counts samples; units that differ from each other, but from no sample to the next, do not vary.
    """
    rows = [_samples(array) for array in values if array.dtype.kind in "fiu" and array.size]
    if not rows:
        return False
    if len({row.shape[1] for row in rows}) > 1:  # batches are not along the first axis
        rows = [row.reshape(-1, 1) for row in rows]
    numbers = np.concatenate(rows)
    scale = np.abs(numbers).max(initial=0.0, where=np.isfinite(numbers))
    known = np.ma.masked_invalid(numbers)
    spread = known.max(axis=0) - known.min(axis=0)
    return bool(known.count()) and float(spread.max()) <= _HARDLY * float(scale)


def _samples(array: np.ndarray) -> np.ndarray:
    numbers: np.ndarray = array.astype(np.float64)
    return numbers.reshape(len(array) if array.ndim else 1, -1)
