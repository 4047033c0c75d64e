"""The weights of a model of Keras 3 as a description holds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from importer.build.rebuild import Names, Rebuilt
from importer.restore import zero_copy
from importer.restore.restore import same_bits
from importer.restore.variables import Place, named_variables
from importer.rollback.origin import Origin
from importer.training.compiling import NotCompiledError
from importer.training.read_back import places_in, positions
from interchange.errors import Exit, Failure, Problem
from interchange.manifest import TensorRow
from interchange.messages.changes import Change
from interchange.weight_key import WeightKey

Row = tuple[Mapping[str, Any], np.ndarray]
_LOSSY = "numbers that Keras 2 does not keep were changed in training, and are left out"


def places(model: Any, origin: Origin) -> Mapping[WeightKey, Place]:
    """Where the weights of Keras 2.15 are in a model that has the structure of the migrated one. Raises `Failure`."""
    try:
        return places_in(model, positions(origin.rebuilt.model, origin.places))
    except NotCompiledError as error:
        raise Failure(Exit.WEIGHTS, f"its weights are not those of the migrated model: {error}") from error


def own_places(model: Any) -> Mapping[WeightKey, Place]:
    """Where the weights of a model are, by the paths of their layers and their own names."""
    named = named_variables(Rebuilt(model, Names(), []))
    return {WeightKey(path, name): place for path, name, place in named}


def in_keras_2(model: Any, origin: Origin, found: Mapping[WeightKey, Place], changes: list[Change]) -> Iterator[Row]:
    """All weights as Keras 2.15 had them, in its order; those that were frozen or thawed since say so."""
    trained = {id(variable) for variable in model.trainable_weights}
    before = {id(variable) for variable in origin.rebuilt.model.trainable_weights}
    for row in origin.rows:
        key = WeightKey.from_facts(row.facts)
        place = found[key]
        is_trained, was = id(place.variable) in trained, id(origin.places[key].variable) in before
        tensor = backward(place, row)
        if place.recast is not None and not same_bits(place.value(tensor), zero_copy.shown(place.variable)):
            changes.append(Change("/".join(key.path), key.name, "training-only", _LOSSY))
        yield {**row.facts, **({} if is_trained == was else {"trainable": is_trained})}, tensor


def in_keras_3(model: Any, found: Mapping[WeightKey, Place]) -> Iterator[Row]:
    """All weights as Keras 3 has them."""
    trained = {id(variable) for variable in model.trainable_weights}
    for key, place in found.items():
        facts = {**key.to_facts(), "trainable": id(place.variable) in trained}
        yield facts, zero_copy.shown(place.variable)


def backward(place: Place, row: TensorRow) -> np.ndarray:
    """The tensor of Keras 2.15 that a variable was made of."""
    return recast(place, zero_copy.shown(place.variable), row.shape, row.dtype)


def recast(place: Place, value: np.ndarray, shape: Sequence[int], dtype: str) -> np.ndarray:
    """A value of the shape of a variable in that of the tensor that it was made of. Raises `Failure(WEIGHTS)`."""
    tensor = value if place.recast is None else place.recast.backward(value, tuple(shape))
    if tuple(tensor.shape) != tuple(shape):
        text = f"shape {tuple(value.shape)} in Keras 3, {tuple(shape)} in Keras 2"
        problem = Problem("", "variable", text, str(place.variable.path))
        raise Failure(Exit.WEIGHTS, str(problem), problems=(problem,))
    return np.ascontiguousarray(tensor).astype(np.dtype(dtype), copy=False).reshape(shape)
