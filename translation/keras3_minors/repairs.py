"""Known defects in files of Keras 3, and their repairs: pure functions on a config."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from interchange.layer_path import OUTERMOST, LayerPath
from interchange.messages.changes import Change
from translation.keras3_minors import new_arguments

# Where an array is saved as a dictionary, and a dictionary is what the first versions of Keras 3 give back.
ARRAYS: Mapping[str, tuple[str, ...]] = {
    "keras.layers.Rescaling": ("scale", "offset"),
    "keras.layers.Normalization": ("mean", "variance"),
}
# Arguments that a later Keras 3 has no more, at their defaults.
GONE: Mapping[str, Mapping[str, Any]] = {"keras.layers.RandomRotation": {"value_range": [0, 255]}}

_KINDS = ("layers", "initializers", "regularizers", "constraints", "activations")
_PRIVATE = "keras.src."
_OPERATIONS = f"{_PRIVATE}ops."

# An object of a config -> the object put right, and what to tell of it.
Edit = Callable[[Mapping[str, Any]], tuple[Mapping[str, Any], list[str]]]


@dataclass(frozen=True)
class Repaired:
    """A config, and a line of the report for all that was put right in it."""

    config: Any
    changes: tuple[Change, ...] = ()


def with_lists(config: Any) -> Repaired:
    """Arrays of numbers as the lists that every Keras 3 reads."""
    return _edited(config, _lists)


def respelled(config: Any, is_public: Callable[[str], bool], version: str) -> Repaired:
    """Said as the Keras 3 of this version says it: what another minor writes otherwise, and what is the default anyway.

    `is_public` tells whether it has something by this name, such as `keras.layers.Dense`.
    """
    named = _edited(config, lambda entry: _named(*_public(entry, is_public)))
    without = _edited(named.config, lambda entry: _without(entry, version))
    return Repaired(without.config, (*named.changes, *without.changes))


def _lists(entry: Mapping[str, Any]) -> tuple[Mapping[str, Any], list[str]]:
    config, told = dict(entry["config"]), []
    for key in ARRAYS.get(_path(entry), ()):
        value = config.get(key)
        if isinstance(value, Mapping) and value.get("class_name") == "__numpy__":
            config[key] = np.asarray(value["config"]["value"], value["config"]["dtype"]).tolist()
            told.append(f"`{key}` is written as a list instead of a NumPy array, which Keras 3.0 reads as a dict")
    return {**entry, "config": config}, told


def _public(entry: Mapping[str, Any], is_public: Callable[[str], bool]) -> tuple[Mapping[str, Any], list[str]]:
    """The public name of a class, for a private one moves."""
    module, name = str(entry.get("module")), entry["class_name"]
    if not module.startswith(_PRIVATE) or module.split(".")[2] not in _KINDS:
        return entry, []
    public = f"keras.{module.split('.')[2]}"
    if not is_public(f"{public}.{name}"):
        return entry, []
    return {**entry, "module": public, "registered_name": None}, [f"{module}.{name} is called {public}.{name}"]


def _named(entry: Mapping[str, Any], told: list[str]) -> tuple[Mapping[str, Any], list[str]]:
    """The name that a graph has for an operation; until 3.10 it was not the operation's own, and could be another's."""
    if not str(entry.get("module")).startswith(_OPERATIONS) or "name" in entry["config"] or "name" not in entry:
        return entry, told
    name = entry["name"]
    return {**entry, "config": {**entry["config"], "name": name}}, [*told, f"the operation {name} is named as well"]


def _without(entry: Mapping[str, Any], version: str) -> tuple[Mapping[str, Any], list[str]]:
    """Arguments at their defaults, which are not there in every Keras 3."""
    defaults = {**GONE.get(_path(entry), {}), **new_arguments.defaults(_path(entry), version)}
    config = entry["config"]
    idle = [key for key, default in defaults.items() if key in config and config[key] == default]
    left = {key: value for key, value in config.items() if key not in idle}
    return {**entry, "config": left}, [f"`{key}` is left out, because it has its default value" for key in idle]


def _path(entry: Mapping[str, Any]) -> str:
    return f"{entry.get('module')}.{entry['class_name']}" if entry.get("registered_name") is None else ""


def _edited(config: Any, edit: Edit) -> Repaired:
    changes: list[Change] = []
    return Repaired(_walked(config, edit, OUTERMOST, changes), tuple(changes))


def _walked(value: Any, edit: Edit, layer: LayerPath, changes: list[Change]) -> Any:
    if isinstance(value, list):
        return [_walked(item, edit, layer, changes) for item in value]
    if not isinstance(value, Mapping):
        return value
    if isinstance(value.get("config"), Mapping) and "class_name" in value:
        layer = _below(layer, value)
        value, told = edit(value)
        changes.extend(Change(layer, str(value["class_name"]), "structural", text) for text in told)
    return {key: _walked(item, edit, layer, changes) for key, item in value.items()}


def _below(layer: LayerPath, entry: Mapping[str, Any]) -> LayerPath:
    """The path of an object that has a name; the outermost model is in no path."""
    own = entry.get("name", entry["config"].get("name"))
    is_outermost = not layer and "layers" in entry["config"]
    return layer if own is None or is_outermost else layer / str(own)
