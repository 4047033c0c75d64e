"""Inputs for a model of Keras, drawn without anything the project knows of probes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

Random = np.random.Generator
_WORDS = ("zebra", "Under", "a", "of the", "42", "7")


@dataclass(frozen=True)
class Slot:
    """One input: its shape with the batch axis, None where a size is open; its dtype; what it takes.

    `ids` are whole numbers below `limit`, `numbers` are any, and where `padding` is set, the last steps of some samples
    have this value.
    """

    shape: tuple[int | None, ...]
    dtype: str
    kind: str = "numbers"
    limit: int = 10
    words: tuple[str, ...] = ()
    padding: float | None = None


@dataclass
class Facts:
    """What the layers of a model say of its inputs: how many ids there are, which words, which value is a mask."""

    limit: int | None = None
    words: list[str] = field(default_factory=list)
    padding: float | None = None


def candidates(slots: Sequence[Slot], facts: Facts) -> Iterator[list[Slot]]:
    """What the inputs may be, the most general first; which of them a model takes is found by asking it."""
    limit = facts.limit or 10
    choices = []
    for slot in slots:
        if slot.dtype == "string":
            choices.append([Slot(slot.shape, "string", "words", limit, (*facts.words, *_WORDS))])
        elif slot.dtype == "bool":
            choices.append([Slot(slot.shape, "bool", "flags")])
        else:
            ids = Slot(slot.shape, slot.dtype, "ids", limit)
            numbers = Slot(slot.shape, slot.dtype, "numbers", limit, padding=facts.padding)
            choices.append([ids] if slot.dtype.startswith(("int", "uint")) else [numbers, ids])
    yield from map(list, itertools.product(*choices))


def draw(slots: Sequence[Slot], count: int, manner: int, random: Random, steps: int = 7) -> list[np.ndarray]:
    """So many samples for each input; `manner` says in which of several ways. Open sizes are `steps`."""
    arrays = []
    for slot in slots:
        shape = (count, *(size or steps for size in slot.shape[1:]))
        arrays.append(_of_kind(slot, shape, manner, random))
    return arrays


MANNERS = 4


def _of_kind(slot: Slot, shape: tuple[int, ...], manner: int, random: Random) -> np.ndarray:
    if slot.kind == "words":
        return random.choice(np.array(slot.words, object), shape)
    if slot.kind == "flags":
        return random.random(shape) < (0.5, 0.8, 0.3, 0.95)[manner]
    if slot.kind == "ids":
        return _padded(random.integers(0, slot.limit, shape), 0, manner % 2 == 1, random).astype(slot.dtype)
    numbers = (
        random.standard_normal(shape),
        random.random(shape),
        4 * random.standard_normal(shape),
        random.standard_normal(shape) * (random.random(shape) < 0.6),
    )[manner]
    padding = slot.padding if manner % 2 == 0 else None
    return _padded(numbers, padding or 0.0, padding is not None, random).astype(slot.dtype)


def _padded(array: np.ndarray, value: float, is_wanted: bool, random: Random) -> np.ndarray:
    """With that value from some step of each sample on; the first step is never padding."""
    if not is_wanted or array.ndim < 2 or array.shape[1] < 2:
        return array
    array = array.copy()
    for sample, length in zip(array, random.integers(1, array.shape[1] + 1, len(array))):
        sample[length:] = value
    return array
