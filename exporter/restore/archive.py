"""Restore the weights of a Keras 2.15 model from a `.keras` file of any Keras 2, every layer from its own place."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from exporter.describe import description
from exporter.keras2.lookup_layers import is_lookup
from exporter.restore.account import Account, require_none
from interchange.errors import Problem
from translation.config_tree import is_model
from translation.keras2_to_2_15.archive import TRAINING, Archive, Place, named
from translation.keras2_to_2_15.archive_paths import Places, snake_case

Shape = tuple[int | None, ...]
Child = tuple[str, Any, Place]
"""The attribute that leads to a layer within another one, the layer, and its place."""


def restore(model: Any, archive: Archive, account: Account) -> None:
    """Give `model`, built from the architecture of `archive`, its weights.

    `account` hears what was read. Raises `Failure(WEIGHTS)` that lists every weight that is missing, surplus or of
    another shape.
    """
    account.stores(archive.tensors)
    restoring = _Restoring(archive, Places(archive), account, {id(metric) for metric in description.metrics(model)})
    restoring.layer(model, archive.architecture, (), "")
    require_none([*restoring.problems, *account.unused()] if restoring.problems else [])
    for layer in model._flatten_layers():  # bins are counted from a weight; Keras 2.15 forgets that for these files
        layer.finalize_state()


@dataclass
class _Restoring:
    """Goes through a model as Keras does when it saves one; `path` is what a report calls a layer."""

    archive: Archive
    places: Places
    account: Account
    metrics: set[int]
    problems: list[Problem] = field(default_factory=list)
    met: set[int] = field(default_factory=set)

    def layer(self, layer: Any, entry: Any, place: Place, path: str) -> None:
        """One layer or model, with all that it holds."""
        if id(layer) in self.met:
            return
        self.met.add(id(layer))
        converted = self._of_cudnn(layer, place)
        if not converted:
            self._own(layer, place, path)
        children = list(self._children(layer, place)) if _has_attributes(layer) and not converted else []
        if _counts_layers(layer):
            # A class of the user's may call one of its layers by a name that comes before `layers`.
            first = [child for child in children if child[2] in self.archive.groups]
            self._attributes(first, entry, place, path)
            self._layers(layer, entry, place, path, {child.name for _, child, _ in first})
        self._attributes(children, entry, place, path)

    def _attributes(self, children: Sequence[Child], entry: Any, place: Place, path: str) -> None:
        for attribute, child, below in children:
            self.layer(child, _below(entry, attribute), below, f"{path}.{'.'.join(below[len(place) :])}")

    def _layers(self, model: Any, entry: Any, place: Place, path: str, known: Collection[str]) -> None:
        layers = {layer.name: layer for layer in model.layers}
        for inner, below in self.places.of(_without(entry if is_model(entry) else _spelled(model), known), place):
            name = inner.get("name") or inner["config"]["name"]  # an operator has a prefix in front of its own
            self.layer(layers[name], inner, below, f"{path}/{name}".lstrip("/"))

    def _own(self, layer: Any, place: Place, path: str) -> None:
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
        self.account.uses(named(place, key) for key in (*wanted, *stored))  # what is in the way is told here
        if wanted and not wrong:
            layer.load_own_variables({key: stored[key][()] for key in wanted})
            for key, variable in zip(wanted, _variables(layer)):
                self.account.reads(variable, [named(place, key)])

    def _of_cudnn(self, layer: Any, place: Place) -> bool:
        """Whether a recurrent layer was one of cuDNN, which has its weights itself and not in a cell."""
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
        """Every layer within one that is no model; of several names for it the one that the archive has."""
        found: dict[int, list[Child]] = {}
        for attribute, child, below in _attributes(layer, place):
            found.setdefault(id(child), []).append((attribute, child, below))
        for names in found.values():
            yield next((name for name in names if name[2] in self.archive.groups), names[0])


def _counts_layers(layer: Any) -> bool:
    """Whether a layer is a model whose layers have the places that an architecture tells."""
    return hasattr(layer, "_layer_checkpoint_dependencies")


def _has_attributes(layer: Any) -> bool:
    """Whether a layer may have others beside those that it counts as a model: in Keras's own models there are none."""
    import keras
    from keras.src.engine.functional import Functional

    return type(layer) not in (keras.Model, keras.Sequential, Functional)


def _wanted(layer: Any) -> Mapping[str, tuple[str, Shape]]:
    """The variables of a layer by the names Keras stores them under: their own names and shapes."""
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
    """What a layer has learnt may be of any size."""
    return len(stored) == len(wanted) and all(size in (None, own) for own, size in zip(stored, wanted))


def _attributes(layer: Any, place: Place) -> Iterator[Child]:
    """The layers that are attributes of a layer, or in a list that is one; metrics are training's."""
    import keras
    from keras.src.saving.saving_lib import _walk_trackable

    for attribute, value in _walk_trackable(layer):
        if attribute in TRAINING or (attribute == "layers" and _counts_layers(layer)):
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


def _below(entry: Any, attribute: str) -> Any:
    """The entry of a layer within another, whose config has it under the name of the attribute."""
    config = entry.get("config") if isinstance(entry, Mapping) else None
    return config.get(attribute) if isinstance(config, Mapping) else None


def _without(model: Mapping[str, Any], names: Collection[str]) -> Mapping[str, Any]:
    """The entry of a model without the layers of these names."""
    layers = [layer for layer in model["config"]["layers"] if layer["config"].get("name") not in names]
    return {**model, "config": {**model["config"], "layers": layers}} if names else model


def _spelled(model: Any) -> Mapping[str, Any]:
    """A model that no config tells of, as an entry of an architecture."""
    layers = [{"class_name": type(layer).__name__, "config": {"name": layer.name}} for layer in model.layers]
    return {"class_name": "Functional", "config": {"layers": layers}}
