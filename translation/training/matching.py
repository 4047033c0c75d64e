"""Which stored tensor is which variable of an optimizer: by the weight that its name tells, else by order."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

Shape = tuple[int, ...]
Key = tuple[str, str | None]
"""A slot, and the name that a file has for the weight; None for what an optimizer has once."""

# Names that tell no weight: those of Keras before 2.4, which counts its slots, and the numbers of a `.keras` file.
_COUNTED = re.compile(r"(.*/)?(Variable(_\d+)?|(m|v|u|vhat|moment|accumulator|delta_accumulator)_\d+|\d+)")


class UnfitError(ValueError):
    """The stored tensors are not the state of this optimizer; the text says why."""


@dataclass(frozen=True)
class Wanted:
    """A variable of an optimizer: its slot by every name that files have for it, its shape, and its weight if any.

    `weight` is None for what the optimizer has once. Some Keras do not store what is `optional`, and what is not
    `ordered` is found by its name alone. A shape of None stands for what Keras before 2.3 stores and nobody reads.
    """

    slots: tuple[str, ...]
    shape: Shape | None
    weight: str | None = None
    optional: bool = False
    ordered: bool = True

    @property
    def shown(self) -> str:
        """The variable in a message."""
        return self.slots[0] if self.weight is None else f"{self.slots[0]} of {self.weight}"


@dataclass(frozen=True)
class Stored:
    """A tensor of a file: its name there, its shape, and its slot and weight where the file says more than the name."""

    name: str
    shape: Shape
    key: Key | None = None

    @property
    def bare(self) -> str:
        """The name without the number of an output, `Adam/m/dense/kernel` for `Adam/m/dense/kernel:0`."""
        return re.sub(r":\d+$", "", self.name)


def matched(wanted: Sequence[Wanted], stored: Sequence[Stored], names: Mapping[str, Sequence[str]]) -> dict[int, int]:
    """The number of the stored tensor for the number of each variable that is wanted, except for optional ones.

    `names` are the names that the file has for each weight. `wanted` is in the order in which Keras 2.15 stores such an
    optimizer. Raises `UnfitError` for what is missing, surplus or of another shape.
    """
    by_name = _by_name(wanted, stored, names)
    rest = [number for number, row in enumerate(wanted) if number not in by_name and row.ordered]
    used = {*by_name.values()}
    places = [place for place in range(len(stored)) if place not in used]
    by_order = _in_order([wanted[number] for number in rest], [stored[place] for place in places])
    pairs = {**by_name, **{rest[number]: places[place] for number, place in by_order.items()}}
    for number, place in pairs.items():
        _check_shape(wanted[number], stored[place])
    return {number: place for number, place in pairs.items() if wanted[number].shape is not None}


def _by_name(wanted: Sequence[Wanted], stored: Sequence[Stored], names: Mapping[str, Sequence[str]]) -> dict[int, int]:
    """Pairs of what the stored names tell; several of one name are in the order of the model."""
    numbers: defaultdict[Key, list[int]] = defaultdict(list)
    for number, row in enumerate(wanted):
        for slot in row.slots:
            for name in (None,) if row.weight is None else names.get(row.weight, ()):
                numbers[slot, name].append(number)
    prefix, pairs = _prefix(stored, numbers), {}
    for place, tensor in enumerate(stored):
        told = (key for start, key in _readings(tensor, numbers) if start in (prefix, None))
        key = tensor.key or next(told, None)
        if key is not None and numbers.get(key):
            pairs[numbers[key].pop(0)] = place
    return pairs


def _prefix(stored: Sequence[Stored], known: Mapping[Key, object]) -> str | None:
    """What stands before slot and weight in most names: that of the optimizer, which may be that of a layer, too."""
    starts = Counter(start for row in stored for start in {start for start, _ in _readings(row, known)} - {None})
    return starts.most_common(1)[0][0] if starts else None


def _readings(row: Stored, known: Mapping[Key, object]) -> Iterator[tuple[str | None, Key]]:
    """Every way to read a name: what stands before, and slot and weight, which are `m/dense/kernel`, or have `m` last.

    Of what an optimizer has once it does not matter what stands before.
    """
    parts = row.bare.split("/")
    for start in range(len(parts) - 1):
        before = "/".join(parts[:start])
        for key in ((parts[start], "/".join(parts[start + 1 :])), (parts[-1], "/".join(parts[start:-1]))):
            if key in known:
                yield before, key
    if (parts[-1], None) in known:
        yield None, (parts[-1], None)


def _in_order(wanted: Sequence[Wanted], stored: Sequence[Stored]) -> dict[int, int]:
    """Pairs of what no name tells, in the order of both; what is optional or never read may be missing."""
    if other := [row for row in stored if not _COUNTED.fullmatch(row.bare)]:
        raise UnfitError(f"the file stores {other[0].name}, which the optimizer does not keep for this model")
    everything = range(len(wanted))
    read = [number for number in everything if wanted[number].shape is not None]
    needed = [number for number in read if not wanted[number].optional]
    also = [number for number in everything if not wanted[number].optional]
    for numbers in (read, needed, everything, also):
        if len(numbers) == len(stored):
            return {number: place for place, number in enumerate(numbers)}
    if len(needed) > len(stored):
        raise UnfitError(f"the file does not store {wanted[needed[len(stored)]].shown}")
    raise UnfitError(f"the file stores {len(stored) - len(needed)} tensors more than the optimizer keeps")


def _check_shape(row: Wanted, tensor: Stored) -> None:
    if row.shape is not None and row.shape != tensor.shape:
        raise UnfitError(f"{row.shown} has shape {row.shape}, stored is {tensor.name} of shape {tensor.shape}")
