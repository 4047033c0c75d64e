"""Compare a model with the one that a migration wrote: what differs in structure, and what touches training alone."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from importer.build.custom_objects import CustomObjects
from interchange import json_floats
from interchange.errors import Problem
from interchange.layer_path import OUTERMOST, LayerPath

# How Keras saves a model, and not what it computes.
_IGNORED = frozenset({"build_config", "compile_config", "module", "registered_name", "shared_object_id"})
_OF_TRAINING = frozenset({"trainable", "rate", "dropout", "recurrent_dropout", "dropout_rate", "stddev", "seed"})
_ENDINGS = ("_regularizer", "_constraint", "_initializer")
_OPERATIONS = ("keras.src.ops", "keras.ops")
_NOTHING = object()


@dataclass(frozen=True)
class Place:
    """Where in a config something stands: the names of the layers on the way, and the keys in the last one's config.

    `shown` is the path as problems have it, `is_own` whether the class is one of the user's.
    """

    names: tuple[str, ...] = ()
    shown: LayerPath = OUTERMOST
    class_name: str = ""
    keys: tuple[str, ...] = ()
    is_own: bool = False

    def below(self, key: str) -> Place:
        """The place under a key."""
        return replace(self, keys=(*self.keys, key))


@dataclass(frozen=True)
class Difference:
    """What stands at a place, in the model that was migrated and in the one that goes back; None for nothing."""

    place: Place
    before: Any
    now: Any

    @property
    def key(self) -> str:
        """The argument that differs."""
        return ".".join(key for key in self.place.keys if key != "config")

    @property
    def is_of_training(self) -> bool:
        """Whether only training depends on it; so does the name of the outermost model on nothing."""
        place = self.place
        if place.class_name == "BatchNormalization" and place.keys[:1] == ("momentum",):
            return True
        if not place.names and place.keys == ("name",):
            return True
        if place.is_own:
            return place.keys == ("trainable",)
        return any(key in _OF_TRAINING or key.endswith(_ENDINGS) for key in place.keys)

    @property
    def problem(self) -> Problem:
        """The difference as a reason for a refusal."""
        text = f"it was {_shown(self.before)} when the model was migrated"
        return Problem(self.place.shown, self.place.class_name, text, self.key, _shown(self.now))


def described(model: Any, own: CustomObjects) -> Any:
    """The config of a model, as this Keras 3 writes it, but for the names of operations: Keras gives them anew."""
    import keras

    with own.scope():
        config = json.loads(json.dumps(keras.saving.serialize_keras_object(model)))
    return json_floats.spelled(_counted(config))


def _counted(value: Any) -> Any:
    """A config in which operations are called by their classes, and counted in their model."""
    if isinstance(value, list):
        return [_counted(item) for item in value]
    if not isinstance(value, dict):
        return value
    config = value.get("config")
    if isinstance(config, dict) and isinstance(config.get("layers"), list):
        value = {**value, "config": _with_counted(config)}
    return {key: _counted(item) for key, item in value.items()}


def _with_counted(config: Mapping[str, Any]) -> dict[str, Any]:
    """The config of a model whose own operations are counted."""
    counts: dict[str, int] = {}
    names: dict[str, str] = {}
    for entry in config["layers"]:
        if str(entry.get("module")).startswith(_OPERATIONS):
            kind = str(entry["class_name"])
            counts[kind] = counts.get(kind, 0) + 1
            names[str(entry["name"])] = f"{kind}#{counts[kind]}"
    ends = {key: _renamed(item, names) for key, item in config.items() if key.endswith("put_layers")}
    return {**config, **ends, "layers": [_among(entry, names) for entry in config["layers"]]}


def _among(entry: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """A layer or operation of a model, called on operations of other names."""
    renamed = {key: _called(item, names) if key == "inbound_nodes" else item for key, item in entry.items()}
    if entry.get("name") not in names:
        return renamed
    config = entry.get("config")
    bare = {key: item for key, item in config.items() if key != "name"} if isinstance(config, dict) else config
    return {**renamed, "name": names[entry["name"]], "config": bare}


def _called(value: Any, names: Mapping[str, str]) -> Any:
    """The calls of a layer, with tensors of other names."""
    if isinstance(value, dict):
        return {
            key: _renamed(item, names) if key == "keras_history" else _called(item, names)
            for key, item in value.items()
        }
    return [_called(item, names) for item in value] if isinstance(value, list) else value


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _renamed(item, names) for key, item in value.items()}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value


def differences(before: Any, now: Any) -> list[Difference]:
    """Everywhere that two configs differ."""
    place = Place(class_name=str(now.get("class_name")))
    return list(_in_entry(before, now, place))


def _in_entry(before: Mapping[str, Any], now: Mapping[str, Any], place: Place) -> Iterator[Difference]:
    """Between two layers or models of one name."""
    if before.get("class_name") != now.get("class_name"):
        yield Difference(place.below("class_name"), before.get("class_name"), now.get("class_name"))
        return
    for key in sorted({*before, *now} - {"class_name", "name", "config"} - _IGNORED):
        yield from _in_value(before.get(key, _NOTHING), now.get(key, _NOTHING), place.below(key))
    yield from _in_value(before.get("config"), now.get("config"), place)


def _in_value(before: Any, now: Any, place: Place) -> Iterator[Difference]:
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        if _name(before) is not None and _name(now) is not None and place.keys:
            yield from _in_inner(before, now, place)
            return
        for key in sorted({*before, *now} - _IGNORED):
            old, new = before.get(key, _NOTHING), now.get(key, _NOTHING)
            yield from (_in_layers if key == "layers" else _in_value)(old, new, place.below(key))
    elif isinstance(before, list) and isinstance(now, list) and len(before) == len(now):
        for number, (old, new) in enumerate(zip(before, now)):
            yield from _in_value(old, new, place.below(str(number)))
    elif before is _NOTHING or now is _NOTHING or before != now:
        yield Difference(place, _plain(before), _plain(now))


def _in_layers(before: Any, now: Any, place: Place) -> Iterator[Difference]:
    """Between the layers of two models, by name; in a Sequential, their order counts as well."""
    if not (isinstance(before, list) and isinstance(now, list)):
        yield from _in_value(before, now, place)
        return
    old, new = ({str(_name(entry)): entry for entry in entries} for entries in (before, now))
    if list(old) != list(new):
        yield Difference(place, list(old), list(new))
    for name in old.keys() & new.keys():
        yield from _in_entry(old[name], new[name], _inner(place, name, new[name]))


def _in_inner(before: Mapping[str, Any], now: Mapping[str, Any], place: Place) -> Iterator[Difference]:
    """Between layers within layers, such as that of a wrapper."""
    if _name(before) != _name(now):
        yield Difference(place.below("name"), _name(before), _name(now))
        return
    inside = replace(place, shown=place.shown.inside(place.keys[-1]), class_name=str(now.get("class_name")))
    if before.get("class_name") != now.get("class_name"):
        yield Difference(inside.below("class_name"), before.get("class_name"), now.get("class_name"))
    else:
        yield from _in_value(before.get("config"), now.get("config"), inside.below("config"))


def _inner(place: Place, name: str, entry: Mapping[str, Any]) -> Place:
    is_own = str(entry.get("module")).partition(".")[0] != "keras"
    return Place((*place.names, name), place.shown / name, str(entry.get("class_name")), is_own=is_own)


def _name(entry: Any) -> str | None:
    """The name of a layer, model or operation; None for any other object."""
    if not isinstance(entry, Mapping) or "class_name" not in entry:
        return None
    if isinstance(entry.get("name"), str):
        return str(entry["name"])
    config = entry.get("config")
    name = config.get("name") if isinstance(config, Mapping) else None
    return name if isinstance(name, str) else None


def _plain(value: Any) -> Any:
    return None if value is _NOTHING else value


def _shown(value: Any) -> Any:
    """A value in a message, where its beginning will do."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 120 else f"{text[:119]}…"
