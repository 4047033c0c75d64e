"""Probe inputs from facts about the inputs of a model: ordinary, large, tiny, padded, one sample and several."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from exporter.probes import sparse_ragged
from exporter.probes.input_facts import InputFacts
from interchange.values import Value

BATCH = 3
# Probes that an expensive model may go without.
OPTIONAL = frozenset({"single", "tiny"})
# The offsets of the samples of a probe for a model that computes in half precision.
_FAR = (100.0, -30.0, 8.0)


@dataclass(frozen=True)
class Case:
    """One call of the model: a name and a value for each input, in the order of `model.inputs`."""

    name: str
    inputs: tuple[Value, ...]


def cases(facts: Sequence[InputFacts], free: int, *, one_batch: bool = False) -> list[Case]:
    """All probes for inputs with these facts; `free` is the length of free axes.

    With `one_batch` all have the same number of samples, as stateful layers need.
    """
    random = np.random.default_rng(20151)
    arrays_by_name = {
        "normal": [_values(fact, free, BATCH, 1.0, random) for fact in facts],
        "wide": [_values(fact, free, BATCH, 10.0, random) for fact in facts],
        "tiny": [_tiny(_values(fact, free, BATCH, 1.0, random), fact) for fact in facts],
        "single": [_values(fact, free, BATCH if one_batch else 1, 2.0, random) for fact in facts],
    }
    if any(fact.halves for fact in facts):
        arrays_by_name["far"] = [_far(_values(fact, free, BATCH, 1.0, random), fact) for fact in facts]
    if any(fact.padding is not None for fact in facts):
        arrays_by_name["padded"] = [_padded(_values(fact, free, BATCH, 2.0, random), fact) for fact in facts]
    return [
        Case(name, tuple(sparse_ragged.thinned(array, fact.kind, random) for array, fact in zip(arrays, facts)))
        for name, arrays in arrays_by_name.items()
    ]


def _values(fact: InputFacts, free: int, batch: int, scale: float, random: np.random.Generator) -> np.ndarray:
    shape = tuple(free if size is None else size for size in fact.shape[1:])
    shape = (fact.shape[0] or batch, *shape)
    if fact.values:
        return _drawn(fact, shape, random)
    if (span := fact.whole_numbers) is not None:
        return _spread(span, shape, random).astype(fact.dtype)
    if fact.dtype == "bool":
        return random.random(shape) < 0.5
    if fact.dtype == "string":
        return np.array(random.choice(["a", "the", "zebra", ""], shape), dtype="S")
    if fact.between is not None:
        return random.uniform(*fact.between, shape).astype(fact.dtype)
    return (scale * random.standard_normal(shape)).astype(fact.dtype)


def _spread(span: tuple[int, int], shape: tuple[int, ...], random: np.random.Generator) -> np.ndarray:
    """Whole numbers from all over a range with both ends, and every one of them if there is room."""
    (low, high), count = span, math.prod(shape)
    order = random.permutation(count)
    numbers = low + ((order + random.random(count)) * (high - low) / max(count, 1)).astype("int64")
    numbers[order == 0] = low
    numbers[order == count - 1] = high - 1
    return numbers.reshape(shape)


def _drawn(fact: InputFacts, shape: tuple[int, ...], random: np.random.Generator) -> np.ndarray:
    """The values of a fact in random order, repeated if there are fewer than the shape needs."""
    order = np.resize(random.permutation(len(fact.values)), math.prod(shape))
    kind = object if fact.dtype == "string" else fact.dtype
    return np.array([fact.values[index] for index in order], dtype=kind).reshape(shape)


def _tiny(array: np.ndarray, fact: InputFacts) -> np.ndarray:
    """The first sample zero and the others tiny; ids, words and numbers in a known range stay as they are."""
    if array.dtype.kind != "f" or not fact.is_open:
        return array
    tiny = array * array.dtype.type(1e-4 if array.dtype == np.float16 else 1e-8)
    tiny[:1] = 0
    return tiny


def _far(array: np.ndarray, fact: InputFacts) -> np.ndarray:
    """Numbers far from zero and near each other, of which half precision keeps two digits."""
    if array.dtype.kind != "f" or fact.whole_numbers is not None or fact.between is not None:
        return array
    shifts = np.resize(_FAR, len(array)).reshape(-1, *[1] * (array.ndim - 1))
    return (array + shifts).astype(array.dtype)


def _padded(array: np.ndarray, fact: InputFacts) -> np.ndarray:
    """The end of each sequence is padding, of another length in each sample; the last one has a hole as well."""
    if fact.padding is None or array.ndim < 2:
        return array
    length = array.shape[1]
    for sample in range(array.shape[0]):
        array[sample, max(1, length - 1 - 2 * sample) :] = fact.padding
    if length > 3:
        array[-1, 1] = fact.padding
    return array
