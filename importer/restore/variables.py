"""The variables of a Keras 3 model by the paths and names that they have in a bundle."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from importer.build.call_counts import attribute_of, children
from importer.build.rebuild import Names, Rebuilt
from importer.decompositions.layers import WeightTarget
from interchange.weight_key import unique_names
from translation.weight_transforms import Recast

Path = tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """A variable of the new model, and how a tensor of the old one is transformed for it."""

    variable: Any
    recast: Recast | None = None

    def value(self, tensor: np.ndarray) -> np.ndarray:
        """The value of the variable for `tensor`; raises ValueError if there is none."""
        shape = tuple(self.variable.shape)
        value = self.recast.forward(tensor, shape) if self.recast else tensor
        if tuple(value.shape) != shape:
            raise ValueError(f"shape {tuple(value.shape)} in the file, {shape} in the model")
        return value


def named_variables(rebuilt: Rebuilt) -> Iterator[tuple[Path, str, Place]]:
    """Every variable of the new model by its path and name in the old one, which are those of the bundle."""
    yield from _below(rebuilt.model, (), rebuilt.names)


def _below(layer: Any, path: Path, names: Names) -> Iterator[tuple[Path, str, Place]]:
    if id(layer) in names.weights:
        yield from _composed(names.weights[id(layer)], path)
        return
    old_names = names.variables.get(id(layer), {})
    variables = [*layer._trainable_variables, *layer._non_trainable_variables]
    for name, variable in zip(unique_names(old_names.get(each.name, each.name) for each in variables), variables):
        yield path, name, Place(variable)
    for key, child in children_of(layer, names):
        yield from _below(child, (*path, *key), names)


def _composed(weights: Mapping[str, WeightTarget], path: Path) -> Iterator[tuple[Path, str, Place]]:
    """The variables of a decomposition by their names in the one layer that it replaces."""
    for name, weight in weights.items():
        own = [*weight.layer._trainable_variables, *weight.layer._non_trainable_variables]
        variable = next(candidate for candidate in own if candidate.name == weight.variable)
        yield path, name, Place(variable, weight.recast)


def children_of(layer: Any, names: Names) -> Iterator[tuple[Path, Any]]:
    """The layers directly below one: by old name in a model, by attribute elsewhere, each object once."""
    import keras

    if id(layer) in names.layers:
        for name, child in names.layers[id(layer)].items():
            yield (name,), child
        return
    if isinstance(layer, keras.Model):  # made by a class of the user's
        yield from (((child.name,), child) for child in layer.layers)
        return
    seen: set[int] = set()
    for attribute, value in vars(layer).items():
        if attribute in ("_layers", "_tracker") or attribute.startswith("_self_"):  # how Keras keeps track of them
            continue
        items = [(attribute, value)] if isinstance(value, keras.layers.Layer) else _numbered(attribute, value)
        for key, child in items:
            if isinstance(child, keras.layers.Layer) and id(child) not in seen:
                seen.add(id(child))
                yield tuple(part.lstrip("_") for part in key.split("/")), child


def attribute_paths(layer: Any, path: Path, names: Names) -> Iterator[tuple[int, Path]]:
    """The path of each variable by its id, along attributes if possible; see `exporter.describe.attributes`."""
    import keras

    for variable in [*layer._trainable_variables, *layer._non_trainable_variables]:
        own = attribute_of(layer, variable) or (variable.name,)
        yield id(variable), (*path, *(part.lstrip("_") for part in own))
    if isinstance(layer, keras.Model) and id(layer) not in names.layers and not hasattr(layer, "operations"):
        held = {id(child): key for key, _, child in children(layer)}
        below = [(held.get(id(child), (child.name,)), child) for child in layer.layers]
    else:
        below = list(children_of(layer, names))
    for key, child in below:
        yield from attribute_paths(child, (*path, *(part.lstrip("_") for part in key)), names)


def _numbered(attribute: str, value: Any) -> list[tuple[str, Any]]:
    if not isinstance(value, (list, tuple, dict)):
        return []
    items = value.items() if isinstance(value, dict) else enumerate(value)
    return [(f"{attribute}/{key}", item) for key, item in items]
