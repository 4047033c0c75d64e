"""Inputs on both sides of the steps of a model, such as those of `round`, of a comparison or of an integer cast."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from exporter.probes import batches, further
from exporter.probes.input_facts import InputFacts
from exporter.probes.probes import Case
from interchange.errors import Exit, Failure
from interchange.values import array_of
from interchange.workers.probe_batches import FURTHER

_SYMBOLS = re.compile(
    r"\b(round|rint|floor|ceil|trunc|sign|cast|greater\w*|less\w*|\w*equal|argm(ax|in)|floor(div|mod)|where|COMPARE_OP)\b"
)
_CLASSES = frozenset({"Discretization", "ThresholdedReLU"})
# How many pairs of samples there are, into how many parts the way from one to the other is divided, how many of these
# parts are looked into of each pair, and how often they are halved.
_PAIRS, _PARTS, _STEEP, _HALVED = 16, 8, 2, 5
# A step is where this much of what an answer changes by in a part is left after the part was halved that often.
_LEFT = 0.1
_SEED = 20153
NEEDED = _PAIRS * (_PARTS + 1)
"""How many samples a model has to take at once for this search."""


def has_steps(model: Any) -> bool:
    """Whether an operation of a model may answer otherwise from one number to the next."""
    return any(map(_is_step, model._flatten_layers()))


def _is_step(layer: Any) -> bool:
    told = f"{getattr(layer, 'symbol', '')} {getattr(layer, 'body', '')}"
    return type(layer).__name__ in _CLASSES or _SYMBOLS.search(told) is not None


def case(model: Any, facts: Sequence[InputFacts], free: int) -> Case | None:
    """A probe of samples next to steps; None if no step is found, or no input has numbers that can be halved."""
    halved = [_is_continuous(fact) for fact in facts]
    if not any(halved):
        return None
    try:
        found = _near_steps(model, facts, free, halved)
    except Failure as failure:  # some of these inputs may be none
        if failure.code is not Exit.UNREADABLE:
            raise
        return None
    return None if found is None else Case(f"{FURTHER}{further.VARIETIES + 1}", found)


def _is_continuous(fact: InputFacts) -> bool:
    is_float = fact.dtype.startswith(("float", "bfloat"))
    return is_float and fact.kind == "dense" and fact.whole_numbers is None and not fact.values


def _near_steps(
    model: Any, facts: Sequence[InputFacts], free: int, halved: Sequence[bool]
) -> tuple[np.ndarray, ...] | None:
    starts, ends = _pairs(facts, free, halved)
    shares = np.linspace(0, 1, _PARTS + 1)
    ways = [_mixed(a[:, None], b[:, None], shares[None, :]) for a, b in zip(starts, ends)]
    units = _units(model, [way.reshape(-1, *way.shape[2:]) for way in ways])
    if units is None:
        return None
    sides = units.reshape(_PAIRS, _PARTS + 1, -1)
    scales = np.maximum(np.ptp(sides, axis=1, keepdims=True), 1e-9)
    change = np.abs(np.diff(sides, axis=1) / scales).max(axis=2)
    part = np.argsort(-change, axis=1, kind="stable")[:, :_STEEP].reshape(-1)
    pair = np.repeat(np.arange(_PAIRS), _STEEP)
    found = _Parts(sides[pair, part], sides[pair, part + 1], shares[part], shares[part + 1], scales[pair, 0])
    a, b = [start[pair] for start in starts], [end[pair] for end in ends]
    for _ in range(_HALVED):
        between = _units(model, [_mixed(x, y, found.middle) for x, y in zip(a, b)])
        if between is None:
            return None
        found = found.halved(between)
    kept = found.change > np.maximum(_LEFT * change[pair, part], 1e-6)
    if not kept.any():
        return None
    return tuple(np.concatenate([_mixed(x, y, found.low)[kept], _mixed(x, y, found.high)[kept]]) for x, y in zip(a, b))


@dataclass(frozen=True)
class _Parts:
    """Parts of ways: what a model answers at both ends, the shares of the way there, and how much it answers apart."""

    below: np.ndarray
    above: np.ndarray
    low: np.ndarray
    high: np.ndarray
    scale: np.ndarray

    @property
    def middle(self) -> np.ndarray:
        return np.asarray((self.low + self.high) / 2)

    @property
    def change(self) -> np.ndarray:
        """How far apart the answers at both ends are."""
        return self._apart(self.below, self.above)

    def halved(self, between: np.ndarray) -> _Parts:
        """The half of each part in which the answers change more, by those in the middle."""
        is_low = self._apart(self.below, between) >= self._apart(between, self.above)
        below, above = (np.where(is_low[:, None], *pair) for pair in ((self.below, between), (between, self.above)))
        low, high = np.where(is_low, self.low, self.middle), np.where(is_low, self.middle, self.high)
        return replace(self, below=below, above=above, low=low, high=high)

    def _apart(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.asarray(np.abs((a - b) / self.scale).max(axis=1))


def _pairs(facts: Sequence[InputFacts], free: int, halved: Sequence[bool]) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Samples and others that differ from them in the inputs that can be halved."""
    starts, ends = _drawn(facts, free)
    return starts, [end if is_halved else start for start, end, is_halved in zip(starts, ends, halved)]


def _drawn(facts: Sequence[InputFacts], free: int) -> list[list[np.ndarray]]:
    """Ordinary samples, and others that are three times as far from zero, or farther in each second pair."""
    count = further.VARIETIES * _PAIRS
    cases = further.cases([replace(fact, marks=()) for fact in facts], free, count)
    near, wide, far = ([array_of(value) for value in cases[number].inputs] for number in (0, 2, 6))
    second = np.arange(_PAIRS) % 2 == 1
    return [near, [np.where(second.reshape(-1, *[1] * (a.ndim - 1)), b, a) for a, b in zip(wide, far)]]


def _mixed(a: np.ndarray, b: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """What lies between samples, by the share of the way to the others."""
    if a.dtype.kind != "f":
        return np.broadcast_to(a, np.broadcast_shapes(a.shape, shares.shape + (1,) * (a.ndim - shares.ndim)))
    weights = shares.reshape(*shares.shape, *[1] * (a.ndim - shares.ndim))
    return ((1 - weights) * a + weights * b).astype(a.dtype)


def _units(model: Any, inputs: Sequence[np.ndarray]) -> np.ndarray | None:
    """All numbers that a model answers for each sample, 0 for NaN and infinity; None if it has not a row for each."""
    answers = batches.answers(model, (Case("steps", tuple(inputs)),))
    arrays = [array_of(value) for value in answers[0]] if answers else []
    numbers = [array.astype("float64") for array in arrays if array.dtype.kind in "fiub"]
    if not numbers or any(array.shape[:1] != inputs[0].shape[:1] for array in numbers):
        return None
    units = np.concatenate([array.reshape(len(array), -1) for array in numbers], axis=1)
    return np.nan_to_num(units, nan=0.0, posinf=0.0, neginf=0.0)
