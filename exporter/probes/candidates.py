"""What an old model may take: lengths of its free axes and domains of its inputs, likely ones before unlikely ones."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from exporter.probes import strings
from exporter.probes.input_facts import SPAN, InputFacts
from exporter.probes.probes import BATCH, Case, cases

# Axes of unknown length: a deep convolution needs room, a table of positions has few, and a spectrogram is long.
_LENGTHS = (7, 16, 33, 64, 128, 224)
_SHORT = (4, 2, 1)
# For whole numbers, from the first to the one before the second: some divide, others choose from few.
_SPANS = (SPAN, (1, 10), (0, 6), (0, 4), (0, 3), (0, 2), (1, 2), (0, 1))
# Numbers that all inputs of one probe may have together where an axis grows.
_MOST = 2**24


@dataclass(frozen=True)
class Guess:
    """What the inputs are like, how long free axes are, and whether all probes have the same number of samples."""

    facts: tuple[InputFacts, ...]
    free: int = _LENGTHS[0]
    one_batch: bool = False

    @property
    def is_free(self) -> bool:
        """Whether there is an axis of unknown length."""
        return any(None in fact.shape[1:] for fact in self.facts)

    @property
    def is_bearable(self) -> bool:
        """Whether the numbers of one probe fit into the memory of any machine."""
        shapes = ([self.free if size is None else size for size in fact.shape[1:]] for fact in self.facts)
        return BATCH * sum(map(math.prod, shapes)) <= _MOST

    def cases(self) -> list[Case]:
        """The probes for it."""
        return cases(self.facts, self.free, one_batch=self.one_batch)

    def told(self) -> str:
        """What the inputs are like, for whoever has to find better ones."""
        return ", ".join(dict.fromkeys(fact.told() for fact in self.facts))

    def difference(self, start: Guess, names: Sequence[str]) -> str | None:
        """In which way it is another one than `start`, for the report; None where it is the same."""
        pairs = zip(names, self.facts, start.facts)
        rows = [f"{name}: {fact.told()}" for name, fact, before in pairs if fact != before]
        rows += [f"length {self.free}"] if self.is_free and self.free != start.free else []
        return "; ".join(rows) or None


def usual(start: Guess) -> Iterator[Guess]:
    """Every length there is no need to search for, with every span of whole numbers."""
    for span in _SPANS if any(map(_is_whole, start.facts)) else (SPAN,):
        facts = tuple(replace(fact, span=span) if _is_whole(fact) else fact for fact in start.facts)
        for free in _LENGTHS if start.is_free else _LENGTHS[:1]:
            for one_batch in (False, True):
                yield Guess(facts, free, one_batch)


def unusual(start: Guess) -> Iterator[Guess]:
    """Other domains for all inputs of which nothing is known, at a short and a long length."""
    for free in (_LENGTHS[0], _LENGTHS[-1]) if start.is_free else _LENGTHS[:1]:
        for rung in range(max(len(strings.DOMAINS), 1 + len(_SPANS))):
            facts = tuple(_other(fact, rung) for fact in start.facts)
            if facts != start.facts:
                yield replace(start, facts=facts, free=free)


def other_lengths(start: Guess) -> Iterator[Guess]:
    """Short ones, and long ones, by doubling as far as memory allows."""
    if start.is_free:
        yield from (replace(start, free=free) for free in _SHORT)
        longer = replace(start, free=2 * _LENGTHS[-1])
        while longer.is_bearable:
            yield longer
            longer = replace(longer, free=2 * longer.free)


def _is_whole(fact: InputFacts) -> bool:
    return fact.is_open and fact.dtype.lstrip("u").startswith("int")


def _other(fact: InputFacts, rung: int) -> InputFacts:
    """The domain of an open input on a rung of the ladder, the last one where it has fewer."""
    if not fact.is_open or fact.dtype == "bool" or _is_whole(fact):
        return fact
    if fact.dtype == "string":
        return replace(fact, values=strings.DOMAINS[min(rung, len(strings.DOMAINS) - 1)]())
    if rung == 0:
        return replace(fact, between=(0.0, 1.0))
    return replace(fact, span=_SPANS[min(rung, len(_SPANS)) - 1], whole=True)
