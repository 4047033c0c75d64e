"""Restore the weights that Keras 1 stored into the rewritten model: each array into the layer that has it now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from exporter.restore import hdf5_weights
from exporter.restore.listed_layers import ListedLayers, StoredLayer
from interchange.errors import Problem
from translation.config_tree import layers_of
from translation.keras1_to_2.classes import RULES
from translation.keras1_to_2.file_facts import Facts
from translation.keras1_to_2.models import branches, is_model, name_of, sequential
from translation.keras1_to_2.theano import INNER
from translation.keras1_to_2.weight_arrays import LAYOUTS, Layout

_FEWER = "the file stores no weights of it"
_MORE = "no layer of the architecture has this name"

Entry = Mapping[str, Any]
Arrays = Sequence[np.ndarray]


class Keras1Layers(ListedLayers):
    """The weights of an architecture of Keras 1; `facts` say which backend trained them."""

    def __init__(self, group: Any, facts: Facts) -> None:
        super().__init__(group)
        self._facts = facts

    def _layers(self, model: Any, architecture: Entry) -> tuple[list[StoredLayer], list[Problem]]:
        pairs, problems = _pairs(architecture, hdf5_weights.layers(self._group))
        layers: list[StoredLayer] = []
        for entry, name in pairs:
            datasets = [self._group[name][weight] for weight in hdf5_weights.weight_names(self._group, name)]
            values = [dataset[()] for dataset in datasets]
            try:
                rows = [*placed(entry, layer_of(model, name_of(entry)), values, self._facts)]
            except Misfit as error:
                problems.append(error.problem)
                continue
            names = [dataset.name for dataset in datasets]
            layers += [StoredLayer(layer, layer.name, arrays, names, converted=True) for layer, arrays in rows]
        return layers, problems


def _pairs(architecture: Entry, names: Sequence[str]) -> tuple[list[tuple[Entry, str]], list[Problem]]:
    """Layers with their names in the file: by name, or by order as Keras 1 has it."""
    entries = [entry for entry in outermost(architecture) if sum(count(entry))]
    own = [name_of(entry) for entry in entries]
    if len(own) == len(names) and sorted(own) != sorted(names):
        return list(zip(entries, names)), []
    missing = [Problem(name_of(entry), entry["class_name"], _FEWER) for entry in entries if name_of(entry) not in names]
    surplus = [Problem(name, "weights", _MORE) for name in names if name not in own]
    return [(entry, name_of(entry)) for entry in entries if name_of(entry) in names], [*missing, *surplus]


class Misfit(ValueError):
    """The number of arrays is not that of the Keras 1 layer that `problem` names."""

    def __init__(self, layer: str, class_name: str, text: str) -> None:
        super().__init__(text)
        self.problem = Problem(layer, class_name, text)


def outermost(architecture: Entry) -> list[Entry]:
    """The layers as Keras 1 stores them: what a Sequential merges lies beside its own layers."""
    merged: dict[str, Entry] = {}
    named = sequential(architecture) if architecture["class_name"] == "Sequential" else architecture
    for branch in branches(named):
        inner = outermost({**branch, "class_name": "Sequential"}) if _is_sequential(branch) else layers_of(branch)
        merged |= {name_of(layer): layer for layer in inner}
    return list((merged | {name_of(layer): layer for layer in layers_of(named)}).values())


def _is_sequential(entry: Entry) -> bool:
    return entry["class_name"] == "Sequential"


def count(entry: Entry) -> tuple[int, int]:
    """The numbers of trained and of frozen arrays of a layer."""
    name, config = entry["class_name"], entry["config"]
    if is_model(entry):
        counts = [count(layer) for layer in outermost(entry)]
        return sum(trained for trained, _ in counts), sum(frozen for _, frozen in counts)
    if name == "Bidirectional":
        trained, frozen = count(config["layer"])
        return 2 * trained, 2 * frozen
    if name == "TimeDistributed":
        return count(config["layer"])
    layout = _layout(entry)
    total = layout.count(config) if layout else 0
    frozen = total if not config.get("trainable", True) else 2 * (name == "BatchNormalization")
    return total - frozen, frozen


def _layout(entry: Entry) -> Layout | None:
    rule = RULES.get(entry["class_name"])
    return LAYOUTS[rule.weights] if rule is not None and rule.weights is not None else None


def placed(entry: Entry, layer: Any, arrays: Arrays, facts: Facts) -> Iterator[tuple[Any, Arrays]]:
    """Each layer of Keras 2 that has weights, with its arrays; `layer` is what `entry` of Keras 1 was rewritten as.

    Raises `Misfit` if there are more or fewer arrays than the layer had.
    """
    name, config = entry["class_name"], entry["config"]
    if (wanted := sum(count(entry))) != len(arrays):
        raise Misfit(name_of(entry), name, f"it has {wanted} weights in Keras 1, and {len(arrays)} are stored")
    if is_model(entry):
        yield from _in_model(entry, layer, arrays, facts)
    elif name == "TimeDistributed":
        yield from placed(config["layer"], layer.layer, arrays, facts)
    elif name == "Bidirectional":
        half = len(arrays) // 2
        yield from placed(config["layer"], layer.forward_layer, arrays[:half], facts)
        yield from placed(config["layer"], layer.backward_layer, arrays[half:], facts)
    elif (layout := _layout(entry)) is not None:
        for inner, values in layout.becomes(arrays, config, facts.is_theano).items():
            yield _target(layer, inner), values


def _target(layer: Any, inner: str) -> Any:
    """The layer with this name in a model that replaces one layer of Keras 1, or the layer itself."""
    if not hasattr(layer, "layers"):
        return layer
    return layer.get_layer(inner or INNER)


def _in_model(entry: Entry, model: Any, arrays: Arrays, facts: Facts) -> Iterator[tuple[Any, Arrays]]:
    """Keras 1 stores the trained arrays of all inner layers before the frozen ones."""
    trained, _ = count(entry)
    first, second = list(arrays[:trained]), list(arrays[trained:])
    for layer in outermost(entry):
        own, frozen = count(layer)
        values = [*first[:own], *second[:frozen]]
        first, second = first[own:], second[frozen:]
        yield from placed(layer, layer_of(model, name_of(layer)), values, facts)


def layer_of(model: Any, name: str) -> Any:
    """The layer of that name, also within a merged model, whose layers Keras 1 stores beside the others."""
    for layer in model.layers:
        if layer.name == name:
            return layer
    inner = [layer for layer in model.layers if hasattr(layer, "layers")]
    return next(item for layer in inner for item in layer.layers if item.name == name)
