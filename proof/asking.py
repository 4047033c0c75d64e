"""Ask a model of Keras 3 on inputs that are drawn for it; imported where Keras 3 is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from importer.verify.inference import outputs
from interchange.errors import Failure
from interchange.values import array_of
from proof.differences import moved
from proof.drawing import MANNERS, Facts, Slot, candidates, draw

_ULP = 6e-8
_TRIED = 128


@dataclass(frozen=True)
class Questions:
    """Batches of inputs, what the right model answers to each, and how far rounding moves that.

    A batch consists of `parts` of as many samples each, which are compared by themselves: their numbers are of
    different sizes.
    """

    batches: list[list[np.ndarray]]
    answers: list[list[np.ndarray]]
    noise: list[list[np.ndarray]]
    parts: int


def questions(model: Any, samples: int, random: np.random.Generator) -> Questions:
    """So many samples that the model takes, in equal parts of each manner, with its answers."""
    slots = _slots_taken(model, random)
    size = _size_of_batches(slots)
    batches, parts = _batches(slots, size, samples, random), 1 if size else MANNERS
    given, noise = [], []
    for batch in batches:
        given.append(answer(model, batch))
        noise.append(moved(given[-1], [answer(model, _nudged(batch, random)) for _ in range(2)]))
    return Questions(batches, given, noise, parts)


def answer(model: Any, batch: Sequence[np.ndarray]) -> list[np.ndarray]:
    """The flattened outputs for one batch."""
    return [array_of(value) for value in outputs(model, batch)]


def _batches(
    slots: Sequence[Slot], size: int | None, count: int, random: np.random.Generator
) -> list[list[np.ndarray]]:
    """One batch with all manners in it, or where the batch has a size, so many as there are samples for."""
    if size:
        return [draw(slots, size, number % MANNERS, random) for number in range(-(-count // size))]
    drawn = [draw(slots, count // MANNERS, manner, random) for manner in range(MANNERS)]
    return [[np.concatenate(arrays) for arrays in zip(*drawn)]]


def _size_of_batches(slots: Sequence[Slot]) -> int | None:
    """That of any input which has one, as all of a batch have the same."""
    return next((slot.shape[0] for slot in slots if slot.shape[0]), None)


def _nudged(batch: Sequence[np.ndarray], random: np.random.Generator) -> list[np.ndarray]:
    """As far away as one rounding of every number."""
    return [
        (array * (1 + _ULP * random.uniform(-2, 2, array.shape))).astype(array.dtype)
        if array.dtype.kind == "f"
        else array
        for array in batch
    ]


def _slots_taken(model: Any, random: np.random.Generator) -> list[Slot]:
    """The most general inputs that the model answers to in every manner."""
    slots = [Slot(tuple(tensor.shape), str(tensor.dtype)) for tensor in model.inputs]
    reason = ""
    for wanted in candidates(slots, facts(model)):
        try:
            for batch in _batches(wanted, _size_of_batches(wanted), _TRIED, random):
                answer(model, batch)
        except Failure as failure:  # noqa: PERF203  (there are a few, and each is asked much)
            reason = failure.message
        else:
            return wanted
    raise ValueError(f"the model takes none of the inputs that can be drawn: {reason}")


def facts(model: Any) -> Facts:
    """What its layers say of the inputs, those inside of models and wrappers included."""
    found = Facts()
    for layer in model._flatten_layers():  # noqa: SLF001  (there is no public way to all layers)
        kind = type(layer).__name__
        if kind == "Embedding":
            found.limit = min(found.limit or layer.input_dim, layer.input_dim)
        elif kind == "Masking":
            found.padding = float(layer.mask_value)
        elif kind in ("StringLookup", "TextVectorization"):
            found.words += [word for word in layer.get_vocabulary() if isinstance(word, str) and word]
    return found
