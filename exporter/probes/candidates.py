"""Guesses about the inputs that a Keras 2 model accepts: lengths of free axes and ranges of values, in order."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from exporter.probes import strings
from exporter.probes.input_facts import SPAN, InputFacts
from exporter.probes.probes import BATCH, Case, cases

# Lengths of free axes: a deep convolution needs long ones, a table of positions short ones, a spectrogram very long.
_LENGTHS = (7, 16, 33, 64, 128, 224)
_SHORT = (4, 2, 1)
# Ranges of whole numbers: some models divide by them, others choose among few.
_SPANS = (SPAN, (1, 10), (0, 6), (0, 4), (0, 3), (0, 2), (1, 2), (0, 1))
# The largest size of all inputs of one probe together when a free axis is made longer.
_MOST = 2**24


@dataclass(frozen=True)
class Guess:
    """Facts about the inputs, the length of free axes, and whether all probes have the same number of samples."""

    facts: tuple[InputFacts, ...]
    free: int = _LENGTHS[0]
    one_batch: bool = False

    @property
    def is_free(self) -> bool:
        """Whether there is an axis of unknown length."""
        return any(None in fact.shape[1:] for fact in self.facts)

    @property
    def is_bearable(self) -> bool:
        """Whether one probe fits into the memory of any machine."""
        shapes = ([self.free if size is None else size for size in fact.shape[1:]] for fact in self.facts)
        return BATCH * sum(map(math.prod, shapes)) <= _MOST

    def cases(self) -> list[Case]:
        """The probes for it."""
        return cases(self.facts, self.free, one_batch=self.one_batch)

    def description(self) -> str:
        """The inputs in a few words, for error messages."""
        return ", ".join(dict.fromkeys(fact.description() for fact in self.facts))

    def difference(self, start: Guess, names: Sequence[str]) -> str | None:
        """How it differs from `start`, for the report; None if it does not."""
        pairs = zip(names, self.facts, start.facts)
        rows = [f"{name}: {fact.description()}" for name, fact, before in pairs if fact != before]
        rows += [f"length {self.free}"] if self.is_free and self.free != start.free else []
        return "; ".join(rows) or None


def usual(start: Guess) -> Iterator[Guess]:
    """Common lengths with every range of whole numbers."""
    for span in _SPANS if any(map(_is_whole, start.facts)) else (SPAN,):
        facts = tuple(replace(fact, span=span) if _is_whole(fact) else fact for fact in start.facts)
        for free in _LENGTHS if start.is_free else _LENGTHS[:1]:
            for one_batch in (False, True):
                yield Guess(facts, free, one_batch)


def unusual(start: Guess) -> Iterator[Guess]:
    """Other kinds of values for all inputs about which nothing is known, at a short and a long length."""
    for free in (_LENGTHS[0], _LENGTHS[-1]) if start.is_free else _LENGTHS[:1]:
        for position in range(max(len(strings.DOMAINS), 1 + len(_SPANS))):
            facts = tuple(_other(fact, position) for fact in start.facts)
            if facts != start.facts:
                yield replace(start, facts=facts, free=free)


def other_lengths(start: Guess) -> Iterator[Guess]:
    """Short lengths, and long ones, doubled as far as memory allows."""
    if start.is_free:
        yield from (replace(start, free=free) for free in _SHORT)
        longer = replace(start, free=2 * _LENGTHS[-1])
        while longer.is_bearable:
            yield longer
            longer = replace(longer, free=2 * longer.free)


def _is_whole(fact: InputFacts) -> bool:
    return fact.is_open and fact.dtype.lstrip("u").startswith("int")


def _other(fact: InputFacts, position: int) -> InputFacts:
    """An open input with the kind of values at a position in the list of kinds, or with the last kind."""
    if not fact.is_open or fact.dtype == "bool" or _is_whole(fact):
        return fact
    if fact.dtype == "string":
        return replace(fact, values=strings.DOMAINS[min(position, len(strings.DOMAINS) - 1)]())
    if position == 0:
        return replace(fact, between=(0.0, 1.0))
    return replace(fact, span=_SPANS[min(position, len(_SPANS)) - 1], whole=True)
