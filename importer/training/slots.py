"""The state of an optimizer: every slot goes to the variable of its weight, reshaped as the weight was."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from importer.restore import zero_copy
from importer.restore.restore import same_bits
from importer.restore.variables import Place
from interchange.bundle import Bundle
from interchange.manifest import TensorRow
from interchange.weight_key import WeightKey
from translation.training.slots import FACTORED, LOSS_SCALE, SCALARS, slots_of

_FILE = "optimizer.npz"
_RATE = "learning_rate"  # in the config as well, so that no file needs to have it, and no schedule has one
_Key = tuple[str, int]
"""The name of a slot, and the id of the weight it is kept for."""

Places = Mapping[WeightKey, Place]


class UnfitError(Exception):
    """The stored state is not that of this optimizer; the message says why."""


@dataclass(frozen=True)
class Stored:
    """One stored tensor, and the variable of the optimizer for it."""

    row: TensorRow
    place: Place

    def value(self, tensor: np.ndarray) -> np.ndarray:
        """The tensor as the variable has it. Raises ValueError if it cannot have it."""
        value, dtype = self.place.value(tensor), str(self.place.variable.dtype)
        if value.dtype.name == dtype:
            return value
        converted = value.astype(dtype)
        if not same_bits(converted.astype(value.dtype), value) or not np.array_equal(converted < 0, value < 0):
            raise ValueError(f"{value.dtype.name} does not fit into {dtype}")
        return converted


def fill(optimizer: Any, places: Places, bundle: Bundle) -> None:
    """Assign the whole state. Raises `UnfitError`, before anything is assigned, if it is not this optimizer's."""
    stored = list(_stored(optimizer, places, bundle))
    for each in stored:
        _check(each, bundle)
    for each in stored:
        zero_copy.assign(each.place.variable, each.value(np.asarray(bundle.lend(each.row))))


def differing(optimizer: Any, places: Places, bundle: Bundle) -> str | None:
    """What an optimizer that was read back does not have bit for bit; None if it has all of it."""
    for each in _stored(optimizer, places, bundle):
        value = each.value(np.asarray(bundle.read(each.row)))
        if not same_bits(zero_copy.shown(each.place.variable), value):
            return _named(each.row)
    return None


def held(optimizer: Any, places: Places) -> Iterator[tuple[Mapping[str, Any], Place]]:
    """All that an optimizer keeps: what a bundle says of each tensor, and where it is and how it was recast.

    Raises `UnfitError` if a tensor cannot be told apart or has no form in Keras 2.
    """
    inner = _inner(optimizer)
    keys = {id(place.variable): (key, place) for key, place in places.items()}
    for name, variable in _once(optimizer).items():
        yield {"slot": name}, Place(variable)
    for (name, weight), variable in _wanted(inner):
        if weight not in keys:
            raise UnfitError(f"its {name} of a weight belongs to none of the model")
        key, place = keys[weight]
        if place.recast is not None and name in FACTORED:
            raise UnfitError(f"its {name} of {_key_of(weight, places)} is a mean over an axis that Keras 2 has not")
        yield {"slot": name, **key.to_facts()}, Place(variable, place.recast)


def steps(optimizer: Any) -> int:
    """How many steps an optimizer has made."""
    return int(zero_copy.shown(_inner(optimizer)._iterations))


def _stored(optimizer: Any, places: Places, bundle: Bundle) -> Iterator[Stored]:
    """Every tensor with its variable; each variable has one, and what is left over means nothing."""
    rows = bundle.rows(_FILE)
    yield from _scalars(optimizer, [row for row in rows if "layer" not in row.facts])
    yield from _slots(_inner(optimizer), places, [row for row in rows if "layer" in row.facts])


def _scalars(optimizer: Any, rows: list[TensorRow]) -> Iterator[Stored]:
    variables = _once(optimizer)
    given = {str(row.facts["slot"]): row for row in rows}
    if missing := sorted(variables.keys() - given.keys() - {_RATE}):
        raise UnfitError(f"it holds no {missing[0]}")
    if surplus := sorted(given.keys() - variables.keys() - {_RATE}):
        raise UnfitError(f"it holds {surplus[0]}, which the optimizer does not keep")
    yield from (Stored(row, Place(variables[name])) for name, row in given.items() if name in variables)


def _once(optimizer: Any) -> dict[str, Any]:
    """The variables that an optimizer keeps once."""
    inner = _inner(optimizer)
    wanted = {slot.name: getattr(inner, slot.keras_3 or "", None) for slot in SCALARS}
    if inner is not optimizer:
        wanted |= {slot.name: getattr(optimizer, slot.keras_3 or "", None) for slot in LOSS_SCALE}
    return {name: found for name, found in wanted.items() if _is_variable(found)}


def _slots(inner: Any, places: Places, rows: list[TensorRow]) -> Iterator[Stored]:
    wanted = dict(_wanted(inner))
    found: set[_Key] = set()
    for row in rows:
        place = places.get(WeightKey.from_facts(row.facts))
        key = str(row.facts["slot"]), id(place.variable) if place else 0
        if place is not None and key in wanted:
            found.add(key)
            yield Stored(row, Place(wanted[key], _recast(row, place)))
        elif not _is_idle(row, place, inner):
            raise UnfitError(f"it holds {_named(row)}, which the optimizer does not keep")
    for name, weight in wanted.keys() - found:
        raise UnfitError(f"it holds no {name} of {_key_of(weight, places)}")


def _wanted(inner: Any) -> Iterator[tuple[_Key, Any]]:
    """The variables of the optimizer by slot and weight. Raises `UnfitError` for an optimizer that is not known."""
    slots = slots_of(type(inner).__name__)
    if not slots:
        raise UnfitError(f"what a {type(inner).__name__} keeps is known to itself alone")
    for slot in slots:
        variables = getattr(inner, slot.keras_3 or "", None) or ()
        for weight, variable in zip(inner._trainable_variables, variables):
            if slot.name not in FACTORED or len(weight.shape) > 1:
                yield (slot.name, id(weight)), variable


def _recast(row: TensorRow, place: Place) -> Any:
    if place.recast is not None and row.facts["slot"] in FACTORED:
        raise UnfitError(f"{_named(row)} is a mean over an axis of a weight that has other axes now")
    return place.recast


def _is_idle(row: TensorRow, place: Place | None, inner: Any) -> bool:
    """Whether a slot can be left out: its weight is frozen, or the optimizer has no use for any slot of the kind.

    SGD of Keras 2 keeps a momentum of zero as well.
    """
    if place is not None and all(weight is not place.variable for weight in inner._trainable_variables):
        return True
    kind = [slot for slot in slots_of(type(inner).__name__) if slot.name == row.facts["slot"]]
    return bool(kind) and not getattr(inner, kind[0].keras_3 or "", None)


def _check(stored: Stored, bundle: Bundle) -> None:
    try:
        stored.value(np.asarray(bundle.read(stored.row)))
    except ValueError as error:
        raise UnfitError(f"{_named(stored.row)} does not fit: {error}") from error


def _named(row: TensorRow) -> str:
    if "layer" not in row.facts:
        return str(row.facts["slot"])
    return f"{row.facts['slot']} of {'/'.join([*row.facts['layer'], row.facts['variable']])}"


def _key_of(weight: int, places: Places) -> str:
    keys = [key for key, place in places.items() if id(place.variable) == weight]
    return "/".join([*keys[0].path, keys[0].name]) if keys else "a weight"


def _inner(optimizer: Any) -> Any:
    return getattr(optimizer, "inner_optimizer", optimizer)


def _is_variable(value: Any) -> bool:
    import keras

    return isinstance(value, keras.Variable)
