"""Further probes: many samples of several varieties, so that each id, word, length and range reaches the outputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from exporter.probes import sparse_ragged
from exporter.probes.input_facts import InputFacts
from exporter.probes.probes import Case
from interchange.workers.probe_batches import FURTHER

VARIETIES = 8
"""How many probes the samples are divided among: each has a tolerance of its own, for numbers of about one size."""

# The varieties in which every id or word comes alike in all columns, and those in which sequences are padded.
_ALIKE, _PADDED = (4, 5), (1, 7)
_WORDS = ("a", "the", "zebra", "", "Under", "42", "of the", "x" * 20)
_SEED = 20152
Random = np.random.Generator


def cases(facts: Sequence[InputFacts], free: int, count: int) -> list[Case]:
    """Probes with `count` samples together, which is a multiple of the number of varieties."""
    random = np.random.default_rng(_SEED)
    each, arrays = count // VARIETIES, [_array(fact, free, count, random) for fact in facts]
    return [
        Case(f"{FURTHER}{number + 1}", tuple(array[number * each : (number + 1) * each] for array in arrays))
        for number in range(VARIETIES)
    ]


def mixed(facts: Sequence[InputFacts], free: int, count: int, size: int) -> list[Case]:
    """Probes of `size` samples each, where a sample of every variety is followed by the next one of each."""
    parts = cases(facts, free, count)
    given = zip(*(case.inputs for case in parts))
    arrays = [np.stack(list(parts), 1).reshape(-1, *parts[0].shape[1:]) for parts in given]
    return [
        Case(
            f"{FURTHER}{number + 1}",
            tuple(
                sparse_ragged.of_all_lengths(array[start : start + size], fact.kind)
                for array, fact in zip(arrays, facts)
            ),
        )
        for number, start in enumerate(range(0, count - size + 1, size))
    ]


def _array(fact: InputFacts, free: int, count: int, random: Random) -> np.ndarray:
    shape = (count, *(free if size is None else size for size in fact.shape[1:]))
    each, cells = count // VARIETIES, math.prod(shape[1:])
    words, span = fact.words or fact.values, fact.whole_numbers
    if words:
        kind = object if fact.dtype == "string" else fact.dtype
        array = np.array(words, dtype=kind)[_indices(len(words), each, cells, random)].reshape(shape)
    elif span is not None:
        indices = _indices(span[1] - span[0], each, cells, random)
        array = (span[0] + indices).astype(fact.dtype).reshape(shape)
    elif fact.dtype == "bool":
        shares = np.linspace(0, 1, count).reshape(-1, *[1] * (len(shape) - 1))
        array = random.random(shape) < shares
    elif fact.dtype == "string":
        array = np.array(random.choice(_WORDS, shape), dtype="S")
    else:
        parts = [_numbers(fact, variety, (each, *shape[1:]), random) for variety in range(VARIETIES)]
        array = np.concatenate(parts).astype(fact.dtype)
    return _with_padding(array, fact, each)


def _indices(size: int, each: int, cells: int, random: Random) -> np.ndarray:
    """Numbers below `size`: all of them in every column if there are samples enough, or else in some column.

    In some varieties all columns of a sample have the same one, so that nothing else hides what it does.
    """
    alike = [number for number in range(VARIETIES) if number in _ALIKE]
    rows = (VARIETIES - len(alike)) * each
    order = random.permutation(size)
    if size <= rows:
        columns = random.permuted(np.tile(np.resize(order, rows)[:, None], cells), axis=0)
    else:
        columns = order[(np.arange(rows)[:, None] + rows * np.arange(cells)) % size]
    same = np.roll(order, -min(rows * cells, size))[np.arange(len(alike) * each) % size]
    blocks = np.split(columns, VARIETIES - len(alike))
    for number, block in zip(alike, np.split(np.tile(same[:, None], cells), len(alike))):
        blocks.insert(number, block)
    return np.concatenate(blocks)


def _numbers(fact: InputFacts, variety: int, shape: tuple[int, ...], random: Random) -> np.ndarray:
    if fact.between is not None:
        return _between(fact.between, variety, shape, random)
    if variety == _MARKED and fact.marks:
        return _marked(fact.marks, shape, random)
    return _MAKERS[variety](shape, random)


def _between(ends: tuple[float, float], variety: int, shape: tuple[int, ...], random: Random) -> np.ndarray:
    """Numbers from a range; in some varieties one number in all columns, or the ends and the middle alone."""
    low, high = ends
    if variety in _ALIKE:
        return np.broadcast_to(random.uniform(low, high, (shape[0], *[1] * (len(shape) - 1))), shape)
    if variety == _HALVES:
        return random.choice([low, (low + high) / 2, high], shape)
    return random.uniform(low, high, shape)


def _scaled(scale: float) -> Callable[[tuple[int, ...], Random], np.ndarray]:
    return lambda shape, random: scale * random.standard_normal(shape)


def _shares(shape: tuple[int, ...], random: Random) -> np.ndarray:
    """Numbers from 0 to 1."""
    return random.random(shape)


def _single_entries(shape: tuple[int, ...], random: Random) -> np.ndarray:
    """One number other than zero in each sample, in turn in each of the columns."""
    array = np.zeros((shape[0], math.prod(shape[1:])))
    columns = random.permutation(array.shape[1])
    if len(columns):
        array[np.arange(shape[0]), np.resize(columns, shape[0])] = random.choice([-2.0, 1.0, 3.0], shape[0])
    return array.reshape(shape)


def _halves(shape: tuple[int, ...], random: Random) -> np.ndarray:
    """Whole numbers and those in the middle between two, with a sample of zeros, and one that comes twice."""
    array = random.integers(-8, 9, shape) / 2
    array[:1] = 0
    array[2:3] = array[1:2]
    return array


def _graded(shape: tuple[int, ...], random: Random) -> np.ndarray:
    """Each sample larger than the one before."""
    sizes = np.geomspace(0.1, 100, shape[0]).reshape(-1, *[1] * (len(shape) - 1))
    return sizes * random.standard_normal(shape)


def _bytes(shape: tuple[int, ...], random: Random) -> np.ndarray:
    """Whole numbers from 0 to 255, as images have them."""
    return random.integers(0, 256, shape).astype("float64")


def _marked(marks: Sequence[float], shape: tuple[int, ...], random: Random) -> np.ndarray:
    """Numbers at which a layer begins to answer otherwise, and some on both sides of each."""
    known = np.unique(np.asarray(marks, "float64"))
    near = np.diff(known).min(initial=1.0) / 3
    places = np.resize(random.permutation(len(known)), math.prod(shape)).reshape(shape)
    return known[places] + near * random.choice([-1.0, -0.25, 0.0, 0.25, 1.0], shape)


_HALVES, _MARKED = 3, 6
_MAKERS: Mapping[int, Callable[[tuple[int, ...], Random], np.ndarray]] = {
    0: _scaled(1.0),
    1: _scaled(1.0),
    2: _scaled(3.0),
    _HALVES: _halves,
    4: _single_entries,
    5: _shares,
    _MARKED: _graded,
    7: _bytes,
}


def _with_padding(array: np.ndarray, fact: InputFacts, each: int) -> np.ndarray:
    """Sequences of every length in two varieties: padded at the end in one, at the beginning in the other."""
    if fact.padding is None or array.ndim < 2:
        return array
    steps = array.shape[1]
    lengths = np.arange(each) % (steps + 1) if each > steps else np.linspace(0, steps, each).round().astype(int)
    for sample, length in enumerate(lengths):
        array[_PADDED[0] * each + sample, length:] = fact.padding
        array[_PADDED[1] * each + sample, : steps - length] = fact.padding
    return array
