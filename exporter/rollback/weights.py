"""Assign the weights of a Keras 3 model to the variables of the Keras 2.15 model that was built for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from exporter.describe import description
from exporter.keras2.lookup_layers import stands_in_config
from interchange.errors import Exit, Failure
from interchange.weight_key import WeightKey
from translation.keras2_to_3.spec import Graph, Spec

Key = tuple[tuple[str, ...], str]
# Parts of a layer in Keras 3 that hold nothing which Keras 2.15 has as a weight.
_SEEDS = ("seed_generator", "random_generator")
_STATE_OF_SEED = "seed_generator_state"


def assign(model: Any, graph: Graph, rows: Iterable[tuple[Mapping[str, Any], np.ndarray]]) -> Mapping[WeightKey, Any]:
    """Assign every row: the facts of a `WeightKey` in Keras 3's names, and the values; returns the variables by these.

    States of random generators, which Keras 2.15 does not keep, are left out. Raises `Failure` (exit code 5) for a row
    without a variable, a variable without a row, or another shape.
    """
    wanted = dict(places(model, graph))
    given = {key: values for facts, values in rows if not is_of_seed(key := WeightKey.from_facts(facts))}
    taken = {key: variable for key in given if (variable := wanted.pop((key.path, key.name), None)) is not None}
    taken.update(_alone(given, taken, wanted, tuple(_own_paths(graph))))
    for key, values in given.items():
        variable = taken.get(key)
        if variable is None:
            raise _misfit(key, "there is no such weight in the model for Keras 2.15")
        if tuple(variable.shape) != tuple(values.shape):
            raise _misfit(key, f"it has the shape {tuple(values.shape)}, and {tuple(variable.shape)} in Keras 2.15")
        variable.assign(np.asarray(values).astype(variable.dtype.as_numpy_dtype))
    for layer in model._flatten_layers():
        if hasattr(layer, "finalize_state"):
            layer.finalize_state()
    if wanted:
        raise _misfit(WeightKey(*next(iter(wanted))), "the model in Keras 3 has no such weight")
    return taken


def _own_paths(graph: Graph, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of the layers that hold anything of the user's, which may be called otherwise in Keras 2."""
    for placed in graph.layers:
        if isinstance(placed.item, Graph):
            yield from _own_paths(placed.item, (*path, placed.name))
        elif _is_own(placed.item):
            yield (*path, placed.name)


def _is_own(value: Any) -> bool:
    if isinstance(value, Spec):
        return value.own == "class" or any(_is_own(item) for item in value.config.values())
    return isinstance(value, list) and any(_is_own(item) for item in value)


def _alone(
    given: Mapping[WeightKey, np.ndarray],
    taken: Mapping[WeightKey, Any],
    wanted: dict[Key, Any],
    layers: Iterable[tuple[str, ...]],
) -> Iterator[tuple[WeightKey, Any]]:
    """The variables for weights of the user's classes that have other names there, but alone have their shapes."""
    for layer in layers:
        mine, theirs = defaultdict(list), defaultdict(list)
        for key in given.keys() - taken.keys():
            if key.path[: len(layer)] == layer:
                mine[tuple(given[key].shape)].append(key)
        for place, variable in wanted.items():
            if place[0][: len(layer)] == layer:
                theirs[tuple(variable.shape)].append(place)
        for shape, keys in mine.items():
            if len(keys) == len(theirs[shape]) == 1:
                yield keys[0], wanted.pop(theirs[shape][0])


def is_of_seed(key: WeightKey) -> bool:
    """Whether a weight is the state of a random generator."""
    return key.name.partition("#")[0] == _STATE_OF_SEED or (bool(key.path) and key.path[-1] in _SEEDS)


def places(model: Any, graph: Graph) -> Iterator[tuple[Key, Any]]:
    """Every variable of the model by the path of its layer and its own name in Keras 3."""
    yield from _of_graph(model, graph, ())


def _of_graph(model: Any, graph: Graph, path: tuple[str, ...]) -> Iterator[tuple[Key, Any]]:
    by_name = {layer.name: layer for layer in model.layers}
    for placed in graph.layers:
        own = (*path, placed.name)
        if isinstance(placed.item, Graph):
            yield from _of_graph(by_name[placed.item.name], placed.item, own)
        elif placed.item.kind == "layers" and placed.item.name in by_name:
            yield from _of_layer(by_name[placed.item.name], placed.item, own)


def _of_layer(layer: Any, spec: Spec, path: tuple[str, ...]) -> Iterator[tuple[Key, Any]]:
    """The variables of a layer, of the layers in it, and of the one that a model encloses under its name."""
    if description.is_model(layer):
        enclosed = [inner for inner in layer.layers if inner.name == spec.name]
        if not enclosed:
            yield from _written_out(layer, spec, path)
            return
        (layer,) = enclosed
    names = {old: new for new, old in spec.variables.items()}
    if not stands_in_config(layer):
        for name, variable in description.own_variables(layer):
            stem, sign, number = name.partition("#")
            yield (path, names.get(stem, stem) + sign + number), variable
    for key, child in description.children(layer):
        inner = _inner(spec, key)
        if isinstance(inner, Graph):
            yield from _of_graph(child, inner, (*path, *key))
        else:
            yield from _of_layer(child, inner or _UNKNOWN, (*path, *key))


# The attributes that hold the projections of an attention which is written out, by their names as layers.
_PROJECTIONS = {
    "query": "query_dense", "key": "key_dense", "value": "value_dense", "attention_output": "output_dense",
}  # fmt: skip


def _written_out(model: Any, spec: Spec, path: tuple[str, ...]) -> Iterator[tuple[Key, Any]]:
    """The variables of what is written out without the layer itself, which has none but in its projections."""
    if spec.class_name != "MultiHeadAttention":
        return
    for layer in model.layers:
        if layer.name in _PROJECTIONS:
            yield from _of_layer(layer, _UNKNOWN, (*path, _PROJECTIONS[layer.name]))


_UNKNOWN = Spec("layers", "", {}, "")


def _inner(spec: Spec, key: tuple[str, ...]) -> Spec | Graph | None:
    """The spec of a layer in the config of another, by the attribute that holds it."""
    found: Any = spec.config
    for part in ({"forward_layer": "layer"}.get(part, part) for part in key):
        if isinstance(found, Spec):
            found = found.config
        if isinstance(found, list):
            found = found[int(part)] if int(part) < len(found) else None
        elif isinstance(found, Mapping):
            found = found.get(part)
    return found if isinstance(found, (Spec, Graph)) else None


def _misfit(key: WeightKey, text: str) -> Failure:
    return Failure(Exit.WEIGHTS, f"{'/'.join((*key.path, key.name))}: {text}")
