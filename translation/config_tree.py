"""The entries of an architecture: objects with a class and a config, models that hold layers, and the layers."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from interchange.layer_path import OUTERMOST, LayerPath

Entry = Mapping[str, Any]
# From a dictionary of a config, and the path of the object that it is or belongs to, to the dictionary in its place.
Edit = Callable[[Entry, LayerPath], Entry]


@dataclass(frozen=True)
class Located:
    """An object of an architecture: a layer, a model, or what the config of one holds, such as an initializer.

    `path` is the one that rules use, `shown` the one that the scanner prints: it has the name of every object around.
    """

    entry: Entry
    path: LayerPath
    shown: LayerPath

    @property
    def class_name(self) -> str:
        """The class that the object names."""
        return str(self.entry["class_name"])

    @property
    def config(self) -> Entry:
        """The config of the object; empty where it has none, or a bare list of layers."""
        config = self.entry.get("config")
        return config if isinstance(config, Mapping) else {}


def objects(architecture: Any, *, closed: Container[str] = ()) -> Iterator[Located]:
    """Every object of an architecture at any depth, outer ones first, but for what objects of `closed` classes hold."""
    return _objects(architecture, None, OUTERMOST, "layers", closed)


def _objects(
    value: Any, path: LayerPath | None, shown: LayerPath, key: str, closed: Container[str]
) -> Iterator[Located]:
    if isinstance(value, list):
        for item in value:
            yield from _objects(item, path, shown, key, closed)
    if not isinstance(value, Mapping):
        return
    if isinstance(value.get("class_name"), str):
        shown = OUTERMOST if path is None else shown / (name_of(value) or value["class_name"])
        path = OUTERMOST if path is None else path_of(value, path, key)
        yield Located(value, path, shown)
        if value["class_name"] in closed:
            return
    for inner, item in value.items():
        yield from _objects(item, path, shown, inner, closed)


def edited(architecture: Any, edit: Edit) -> Any:
    """A copy with every dictionary as `edit` returns it, outer ones first."""
    return _edited(architecture, edit, None, "layers")


def _edited(value: Any, edit: Edit, path: LayerPath | None, key: str) -> Any:
    if isinstance(value, list):
        return [_edited(item, edit, path, key) for item in value]
    if not isinstance(value, Mapping):
        return value
    if "class_name" in value:
        path = OUTERMOST if path is None else path_of(value, path, key)
    return {inner: _edited(item, edit, path, inner) for inner, item in edit(value, path or OUTERMOST).items()}


def path_of(entry: Entry, around: LayerPath, key: str = "layers") -> LayerPath:
    """The path of an object that stands under `key` in the model or wrapper at the path `around`."""
    config = entry.get("config")
    if key not in ("layers", "config"):  # the config of a Sequential may be a bare list of layers, as in Keras 2.0
        return around.inside(key, is_model=isinstance(config, Mapping) and "layers" in config)
    return around / (str(config.get("name", "")) if isinstance(config, Mapping) else "")


def name_of(entry: Entry) -> str:
    """The name of a layer; empty if it has none."""
    config = entry.get("config")
    return str((config.get("name") if isinstance(config, Mapping) else None) or entry.get("name") or "")


def inner_models(model: Entry, path: LayerPath = OUTERMOST) -> Iterator[tuple[LayerPath, Entry]]:
    """Every model that is a layer of a model, at any depth, by the names on the way to it."""
    for layer in layers_of(model):
        if is_model(layer):
            inner = path / name_of(layer)
            yield inner, layer
            yield from inner_models(layer, inner)


def is_model(entry: Any) -> bool:
    """Whether an entry is a model of layers."""
    config = entry.get("config") if isinstance(entry, Mapping) else None
    return isinstance(config, Mapping) and isinstance(config.get("layers"), list)


def layers_of(model: Entry) -> list[Any]:
    """The entries of the layers of a model; a Sequential of the first years is a bare list of them."""
    config = model.get("config")
    layers = config.get("layers") if isinstance(config, Mapping) else config
    return layers if isinstance(layers, list) else []
