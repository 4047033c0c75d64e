"""Statistics of stored tensors, read block by block; how much is read is decided before reading."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from keras2to3.scanner.scanned_file import StoredTensor

BUDGET = 1 << 25
"""The numbers read of one file, so that it takes less than a second."""

_NUMBERS = "biuf"


@dataclass(frozen=True)
class Statistics:
    """Statistics of the first `read` numbers of a tensor; minimum to standard deviation are of the finite ones."""

    read: int = 0
    nan: int = 0
    infinite: int = 0
    minimum: float | None = None
    maximum: float | None = None
    mean: float | None = None
    std: float | None = None


def statistics(tensors: Sequence[StoredTensor], budget: int = BUDGET) -> list[Statistics]:
    """The statistics of each tensor; if `budget` numbers are not enough for all, the largest are read in part."""
    limit = share([math.prod(tensor.shape) for tensor in tensors], budget)
    return [measured(tensor.blocks(), limit) for tensor in tensors]


def share(sizes: Iterable[int], budget: int) -> int:
    """The most numbers to read of each tensor, so that together they are within the budget."""
    left, ordered = budget, sorted(sizes)
    for index, size in enumerate(ordered):
        fair = left // (len(ordered) - index)
        if size > fair:
            return fair
        left -= size
    return ordered[-1] if ordered else 0


def measured(blocks: Iterable[np.ndarray[Any, Any]], limit: int) -> Statistics:
    """Statistics of the first `limit` numbers of the blocks."""
    running = _Running()
    for block in blocks:
        if block.dtype.kind not in _NUMBERS:
            break
        running.add(block.reshape(-1)[: limit - running.read].astype(np.float64))
        if running.read >= limit:
            break
    return running.result()


@dataclass
class _Running:
    """Statistics so far; `squares` is the sum of the squared distances from the mean."""

    read: int = 0
    nan: int = 0
    finite: int = 0
    low: float = math.inf
    high: float = -math.inf
    mean: float = 0.0
    squares: float = 0.0

    def add(self, values: np.ndarray[Any, Any]) -> None:
        self.read += len(values)
        if not np.isfinite(values.sum()):  # rare; otherwise this saves a pass
            self.nan += int(np.isnan(values).sum())
            values = values[np.isfinite(values)]
        if not len(values):
            return
        self.low, self.high = min(self.low, float(values.min())), max(self.high, float(values.max()))
        # https://en.wikipedia.org/wiki/Algorithms_for_calculating_variance#Parallel_algorithm
        mean, before = float(values.mean()), self.finite
        self.finite += len(values)
        distance = mean - self.mean
        self.mean += distance * len(values) / self.finite
        self.squares += float(np.square(values - mean).sum()) + distance**2 * before * len(values) / self.finite

    def result(self) -> Statistics:
        strange = (self.nan, self.read - self.nan - self.finite)
        if not self.finite:
            return Statistics(self.read, *strange)
        return Statistics(self.read, *strange, self.low, self.high, self.mean, math.sqrt(self.squares / self.finite))
