"""Faults in a migrated model: each changes one thing in its parts, in a place that is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from proof import config_faults
from proof.parts import Fault, Nothing, Parts

Random = np.random.Generator


def _drawn(parts: Parts, random: Random, wanted: Callable[[np.ndarray], bool] = lambda _: True) -> str:
    found = [name for name in parts.numbers() if wanted(parts.tensors[name])]
    if not found:
        raise Nothing
    return str(random.choice(found))


def _place(tensor: np.ndarray, random: Random) -> tuple[int, ...]:
    places = np.argwhere(tensor != 0)
    return tuple(map(int, places[random.integers(len(places))]))


def _tensor_nudged(parts: Parts, random: Random) -> str:
    name = _drawn(parts, random)
    parts.tensors[name] = (parts.tensors[name] * 1.01).astype(parts.tensors[name].dtype)
    return name


def _element_nudged(parts: Parts, random: Random) -> str:
    name = _drawn(parts, random)
    tensor = parts.tensors[name].copy()
    place = _place(tensor, random)
    tensor[place] *= 1.01
    parts.tensors[name] = tensor
    return f"{name}{list(place)}"


def _sign_flipped(parts: Parts, random: Random) -> str:
    name = _drawn(parts, random, lambda tensor: tensor.ndim > 1)
    tensor = parts.tensors[name].copy()
    place = _place(tensor, random)
    tensor[place] *= -1
    parts.tensors[name] = tensor
    return f"{name}{list(place)}"


def _tensors_swapped(parts: Parts, random: Random) -> str:
    names = parts.numbers()
    pairs = [
        (a, b)
        for place, a in enumerate(names)
        for b in names[place + 1 :]
        if parts.tensors[a].shape == parts.tensors[b].shape and not np.array_equal(parts.tensors[a], parts.tensors[b])
    ]
    if not pairs:
        raise Nothing
    a, b = pairs[random.integers(len(pairs))]
    parts.tensors[a], parts.tensors[b] = parts.tensors[b], parts.tensors[a]
    return f"{a} and {b}"


def _slices_swapped(axis: int) -> Fault:
    def swap(parts: Parts, random: Random) -> str:
        name = _drawn(parts, random, lambda tensor: tensor.ndim > int(axis < 0) and tensor.shape[axis] > 1)
        tensor = parts.tensors[name]
        a, b = random.choice(tensor.shape[axis], 2, replace=False)
        order = np.arange(tensor.shape[axis])
        order[[a, b]] = order[[b, a]]
        parts.tensors[name] = np.take(tensor, order, axis)
        return f"{name}: {a} and {b}"

    return swap


def _bias_zeroed(parts: Parts, random: Random) -> str:
    name = _drawn(parts, random, lambda tensor: tensor.ndim == 1)
    parts.tensors[name] = np.zeros_like(parts.tensors[name])
    return name


def _transposed(parts: Parts, random: Random) -> str:
    name = _drawn(parts, random, lambda tensor: tensor.ndim > 1 and tensor.shape[-1] == tensor.shape[-2])
    parts.tensors[name] = np.swapaxes(parts.tensors[name], -1, -2).copy()
    return name


def _rounded(parts: Parts, random: Random) -> str:
    name = _drawn(parts, random, lambda tensor: tensor.dtype.itemsize > 2)
    parts.tensors[name] = parts.tensors[name].astype("float16").astype(parts.tensors[name].dtype)
    return name


def _word_changed(parts: Parts, random: Random) -> str:
    """A word of a vocabulary that lies in the archive."""
    names = [name for name in parts.members if name.endswith("vocabulary.txt")]
    if not names:
        return config_faults.word_changed(parts, random)
    name = str(random.choice(names))
    words = parts.members[name].decode().split("\n")
    place = int(random.choice([place for place, word in enumerate(words) if word]))
    word, words[place] = words[place], "71" if words[place].lstrip("-").isdigit() else "otherwise"
    parts.members[name] = "\n".join(words).encode()
    return f"{name}: {word}"


FAULTS: Mapping[str, Fault] = {
    "tensor nudged by 1 %": _tensor_nudged,
    "element nudged by 1 %": _element_nudged,
    "sign of an element": _sign_flipped,
    "two tensors swapped": _tensors_swapped,
    "two rows swapped": _slices_swapped(0),
    "two columns swapped": _slices_swapped(-1),
    "bias zeroed": _bias_zeroed,
    "tensor transposed": _transposed,
    "tensor rounded to float16": _rounded,
    "word of a vocabulary": _word_changed,
    **config_faults.FAULTS,
}


def applied(path: Parts, fault: Fault, random: Random) -> str | None:
    """The place a fault was put in, or None where there is no place for it."""
    try:
        return fault(path, random)
    except Nothing:
        return None


def planned(seed: int, each: int) -> Iterator[tuple[str, Fault, Random]]:
    """Every fault so many times, each with its own random numbers."""
    for number, (name, fault) in enumerate(FAULTS.items()):
        for turn in range(each):
            yield name, fault, np.random.default_rng([seed, number, turn])
