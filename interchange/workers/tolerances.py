"""How far the same model may answer apart in two frameworks: by its dtypes, and by what rounding alone moves."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from interchange.values import Value, array_of

# |a - b| <= relative * max|b| + absolute. What is computed in half precision on the way is no better at the end: it may
# be four units in the last place of float16, or two of bfloat16, and what its own rounding moves is measured besides.
_OF_HALVES = {"float16": (4e-3, 1e-4), "bfloat16": (1.6e-2, 1e-3)}
HALF = frozenset(_OF_HALVES)
_TOLERANCE = (2e-5, 1e-6)
# What rounding alone moves by more than this share of its size proves nothing, for or against.
_MOVED = 0.1
# A smaller share of what is allowed anyway may be any multiple of a sample of the noise.
_SMALL = 0.25


@dataclass(frozen=True)
class Tolerance:
    """How far floating values may be apart: |a - b| <= rtol * max|b| + atol + noise."""

    rtol: float
    atol: float

    def allowed(self, scale: float, noise: float) -> float:
        """The largest absolute difference for an output whose largest value is `scale`."""
        return self.rtol * scale + self.atol + noise

    def proves(self, truth: Value, noise: float) -> bool:
        """Whether agreeing on an output means anything, which rounding alone moves by `noise` (absolute)."""
        return noise <= max(_MOVED * size(array_of(truth)), self.atol, _TOLERANCE[1])

    def depends_on(self, noise: float, truth: Value) -> bool:
        """Whether the verdict on an output may depend on how often its noise was measured."""
        return noise > _SMALL * self.allowed(size(array_of(truth)), 0.0) and self.proves(truth, noise)


def tolerance(computed_in: Collection[str], rtol: float | None = None, atol: float | None = None) -> Tolerance:
    """The tolerance for a model whose layers compute in these dtypes; what the user asks for goes before."""
    default = max((_OF_HALVES[dtype] for dtype in HALF & set(computed_in)), default=_TOLERANCE)
    return Tolerance(default[0] if rtol is None else rtol, default[1] if atol is None else atol)


def size(array: np.ndarray) -> float:
    """The largest finite absolute value; 0 for what is no number."""
    if array.dtype.kind not in "fciu" and array.dtype.name not in HALF:
        return 0.0
    values = np.abs(array.astype(np.complex128 if array.dtype.kind == "c" else np.float64))
    return float(values[np.isfinite(values)].max(initial=0.0))
