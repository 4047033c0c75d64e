"""HDF5 whose layers are counted by class, as in a `.keras` archive and a `.weights.h5` of Keras 2.12 to 2.15."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from exporter.describe import description
from exporter.keras2.lookup_layers import is_lookup
from exporter.restore import hdf5_weights
from exporter.restore.account import Account, require_none
from exporter.restore.stored_weights import Shape, StoredWeight, natural
from interchange.errors import Problem
from interchange.layer_path import OUTERMOST, LayerPath
from translation import training_state
from translation.config_tree import is_model
from translation.keras2_to_2_15.archive import SEPARATORS, Archive, Place, named
from translation.keras2_to_2_15.archive_paths import Places, snake_case

Child = tuple[str, Any, Place]
"""The attribute that leads to a layer within another one, the layer, and its place."""

_FOLDERS = frozenset({"layers", "_layer_checkpoint_dependencies"})


class CountedLayers:
    """The weights of an `archive`, whose HDF5 `file` is needed for `rows` and `read`."""

    def __init__(self, archive: Archive, file: Any = None) -> None:
        self._archive, self._file = archive, file

    def rows(self, _: Any = None) -> list[StoredWeight]:
        """Every array in the order of the numbers in the names; these are paths of attributes, as in Keras 3."""
        places = sorted((name.lstrip("/") for name in sorted(hdf5_weights.arrays(self._file))), key=natural)
        return [StoredWeight(place, "containers", "", place) for place in places]

    def read(self, row: StoredWeight) -> np.ndarray:
        """The tensor of a row."""
        return np.asarray(self._file[row.place])

    def mean_shape(self, architecture: Mapping[str, Any], _: Mapping[str, Any]) -> Shape | None:
        """See `StoredWeights`."""
        _, place = next(Places(self._archive).of(architecture, ()))
        variables = self._archive.groups.get(place, {})
        return tuple(variables["0"].shape) if "0" in variables else None

    def restore(self, model: Any, architecture: Mapping[str, Any], account: Account) -> None:
        """Restore every layer from its own place, in any of the three spellings of Keras 2. See `StoredWeights`."""
        account.stores(self._archive.tensors)
        metrics = {id(metric) for metric in description.metrics(model)}
        restoring = _Restoring(self._archive, Places(self._archive), account, metrics)
        restoring.layer(model, architecture, (), OUTERMOST)
        require_none([*restoring.problems, *account.unused()] if restoring.problems else [])
        for layer in model._flatten_layers():  # bins are counted from a weight; Keras 2.15 does not for these files
            layer.finalize_state()


def groups_below(groups: Mapping[str, Any], part: str | None) -> Mapping[str, Any]:
    """The groups of the one stored model whose path is `part`, with or without the folders of layers; all for None."""
    if part is None:
        return groups
    below = {}
    for name, group in groups.items():
        parts = SEPARATORS.split(name)
        ends = [n for n in range(1, len(parts) + 1) if "/".join(p for p in parts[:n] if p not in _FOLDERS) == part]
        if ends:
            below["/".join(parts[ends[0] :])] = group
    return below


@dataclass
class _Restoring:
    """A walk through a model in the order in which Keras saves it; `path` is the path of a layer in reports."""

    archive: Archive
    places: Places
    account: Account
    metrics: set[int]
    problems: list[Problem] = field(default_factory=list)
    seen: set[int] = field(default_factory=set)

    def layer(self, layer: Any, entry: Any, place: Place, path: LayerPath) -> None:
        """Restore one layer or model and everything below it."""
        if id(layer) in self.seen:
            return
        self.seen.add(id(layer))
        converted = self._restore_cudnn(layer, place)
        if not converted:
            self._own(layer, place, path)
        children = list(self._children(layer, place)) if _has_attributes(layer) and not converted else []
        if _counts_layers(layer):
            # A custom class may have an attribute with a layer whose name comes before `layers`.
            first = [child for child in children if child[2] in self.archive.groups]
            self._attributes(first, entry, place, path)
            self._layers(layer, entry, place, path, {child.name for _, child, _ in first})
        self._attributes(children, entry, place, path)

    def _attributes(self, children: Sequence[Child], entry: Any, place: Place, path: LayerPath) -> None:
        for attribute, child, below in children:
            self.layer(child, _child_entry(entry, attribute), below, path.inside(".".join(below[len(place) :])))

    def _layers(self, model: Any, entry: Any, place: Place, path: LayerPath, known: Collection[str]) -> None:
        layers = {layer.name: layer for layer in model.layers}
        for inner, below in self.places.of(_without(entry if is_model(entry) else _entry_of(model), known), place):
            name = inner.get("name") or inner["config"]["name"]  # an operator has a prefix in front of its own
            self.layer(layers[name], inner, below, path / name)

    def _own(self, layer: Any, place: Place, path: LayerPath) -> None:
        stored, wanted = self.archive.groups.get(place, {}), _wanted(layer)
        if id(layer) in self.metrics and not len(stored):
            return  # the outermost model may have stored it, with how it was compiled
        wrong = [
            *(f"{name} is missing" for key, (name, _) in wanted.items() if key not in stored),
            *(f"{key} {stored[key].shape} is stored and belongs to nothing" for key in stored if key not in wanted),
            *(
                f"{name} is {shape} in the model and {stored[key].shape} in the file"
                for key, (name, shape) in wanted.items()
                if key in stored and not _fits(stored[key].shape, shape)
            ),
        ]
        self.problems += [Problem(path, type(layer).__name__, text) for text in wrong]
        self.account.uses(named(place, key) for key in (*wanted, *stored))  # `wrong` names what is surplus
        if wanted and not wrong:
            layer.load_own_variables({key: stored[key][()] for key in wanted})
            for key, variable in zip(wanted, _variables(layer)):
                self.account.reads(variable, [named(place, key)])

    def _restore_cudnn(self, layer: Any, place: Place) -> bool:
        """Restore a recurrent layer that was saved as a cuDNN layer, which has its weights itself and not in a cell."""
        import keras
        from keras.src.saving.legacy import hdf5_format

        stored = self.archive.groups.get(place, {})
        if not isinstance(layer, (keras.layers.LSTM, keras.layers.GRU)) or not len(stored):
            return False
        keys = sorted(stored, key=int)
        weights = [stored[key][()] for key in keys]
        layer.set_weights(hdf5_format.preprocess_weights_for_loading(layer, weights))
        for variable in layer.weights:
            self.account.reads(variable, [named(place, key) for key in keys])
        return True

    def _children(self, layer: Any, place: Place) -> Iterator[Child]:
        """Every layer within one that is no model; of several attributes for it the one that the archive has."""
        by_layer: dict[int, list[Child]] = {}
        for attribute, child, below in _attributes(layer, place):
            by_layer.setdefault(id(child), []).append((attribute, child, below))
        for children in by_layer.values():
            yield next((child for child in children if child[2] in self.archive.groups), children[0])


def _counts_layers(layer: Any) -> bool:
    """Whether a layer is a model, whose layers are counted in the order of the architecture."""
    return hasattr(layer, "_layer_checkpoint_dependencies")


def _has_attributes(layer: Any) -> bool:
    """Whether a layer may have layers in attributes, as all but Keras's own model classes may."""
    import keras
    from keras.src.engine.functional import Functional

    return type(layer) not in (keras.Model, keras.Sequential, Functional)


def _wanted(layer: Any) -> Mapping[str, tuple[str, Shape]]:
    """The names and shapes of a layer's variables, by the keys under which Keras stores them."""
    lookup = getattr(layer, "_lookup_layer", layer)
    if is_lookup(lookup):
        return {"idf_weights": ("idf_weights", (None,))} if lookup.output_mode == "tf_idf" else {}
    return {
        str(index): (variable.name.split(":")[0].rsplit("/", 1)[-1], tuple(variable.shape))
        for index, variable in enumerate(_variables(layer))
    }


def _variables(layer: Any) -> list[Any]:
    return [*layer._trainable_weights, *layer._non_trainable_weights]


def _fits(stored: Shape, wanted: Shape) -> bool:
    """Whether a shape is the wanted one, in which None stands for any size."""
    return len(stored) == len(wanted) and all(size in (None, own) for own, size in zip(stored, wanted))


def _attributes(layer: Any, place: Place) -> Iterator[Child]:
    """The layers in the attributes of a layer, or in lists and dictionaries there; without metrics."""
    import keras
    from keras.src.saving.saving_lib import _walk_trackable

    for attribute, value in _walk_trackable(layer):
        if attribute in training_state.ARCHIVE or (attribute == "layers" and _counts_layers(layer)):
            continue
        if isinstance(value, keras.layers.Layer):
            yield attribute, value, (*place, attribute)
        elif isinstance(value, (list, tuple, dict)):
            items = list(value.values() if isinstance(value, dict) else value)
            yield from _numbered(attribute, items, (*place, attribute))


def _numbered(attribute: str, items: Sequence[Any], place: Place) -> Iterator[Child]:
    import keras

    counts: dict[str, int] = {}
    for item in {id(item): item for item in items if isinstance(item, keras.layers.Layer)}.values():
        kind = snake_case(type(item).__name__)
        number = counts[kind] = counts.get(kind, -1) + 1
        yield attribute, item, (*place, f"{kind}_{number}" if number else kind)


def _child_entry(entry: Any, attribute: str) -> Any:
    """The entry of a layer within another, if the config has it under the name of the attribute."""
    config = entry.get("config") if isinstance(entry, Mapping) else None
    return config.get(attribute) if isinstance(config, Mapping) else None


def _without(model: Mapping[str, Any], names: Collection[str]) -> Mapping[str, Any]:
    """The entry of a model without the layers of these names."""
    layers = [layer for layer in model["config"]["layers"] if layer["config"].get("name") not in names]
    return {**model, "config": {**model["config"], "layers": layers}} if names else model


def _entry_of(model: Any) -> Mapping[str, Any]:
    """The entry of a model that no config describes."""
    layers = [{"class_name": type(layer).__name__, "config": {"name": layer.name}} for layer in model.layers]
    return {"class_name": "Functional", "config": {"layers": layers}}
