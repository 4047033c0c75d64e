"""Find the weights of the rebuilt model in the same model as it was read back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from importer.restore.variables import Place
from importer.training.compiling import NotCompiledError
from interchange.weight_key import WeightKey
from translation.weight_transforms import Recast


@dataclass(frozen=True)
class Position:
    """Where a weight is among all weights of a model, its name and shape, and how its tensor is transformed."""

    index: int
    name: str
    shape: tuple[int, ...]
    recast: Recast | None


def positions(model: Any, places: Mapping[WeightKey, Place]) -> Mapping[WeightKey, Position]:
    """The positions of all weights, which hold nothing of the model."""
    indices = {id(variable): index for index, variable in enumerate(model.weights)}
    return {
        key: Position(indices[id(place.variable)], str(place.variable.name), tuple(place.variable.shape), place.recast)
        for key, place in places.items()
    }


def places_in(model: Any, where: Mapping[WeightKey, Position]) -> Mapping[WeightKey, Place]:
    """The weights at these positions. Raises `NotCompiledError` if others are there."""
    weights = model.weights
    for key, each in where.items():
        found = weights[each.index] if each.index < len(weights) else None
        if found is None or (found.name, tuple(found.shape)) != (each.name, each.shape):
            path = "/".join([*key.path, key.name])
            raise NotCompiledError(f"Keras 3 reads its weights back in another order, in which {path} is another one")
    return {key: Place(weights[each.index], each.recast) for key, each in where.items()}
