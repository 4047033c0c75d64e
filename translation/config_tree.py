"""The entries of an architecture: objects with a class and a config, models that hold layers, and the layers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from translation.user_models import listed_as

Entry = Mapping[str, Any]
# Makes another dictionary of one, which is the object at a path or stands in its config.
Edit = Callable[[Entry, str], Entry]


def entries(value: Any, path: str | None = None) -> Iterator[tuple[str, Entry]]:
    """Every object below a value that has a config, with its path: the names of the layers around it and its own.

    The outermost model, whose `path` is None, is in no path.
    """
    if isinstance(value, list):
        for item in value:
            yield from entries(item, path)
    elif isinstance(value, Mapping):
        config = value.get("config")
        if "class_name" in value and isinstance(config, Mapping):
            path = "" if path is None else f"{path}/{config.get('name', '')}".strip("/")
            yield path, value
        for item in value.values():
            yield from entries(item, path)


def edited(value: Any, edit: Edit, path: str | None = None, key: str = "layers") -> Any:
    """A value with every dictionary in it as `edit` makes it, first the outer ones; paths are those that rules name.

    A path is that of the layer around a value, and None around the outermost model.
    """
    if isinstance(value, list):
        return [edited(item, edit, path, key) for item in value]
    if not isinstance(value, Mapping):
        return value
    if "class_name" in value:
        path = "" if path is None else joined(path, key, value)
    return {own: edited(item, edit, path, own) for own, item in edit(value, path or "").items()}


def joined(path: str, key: str, entry: Entry) -> str:
    """A layer of a model by its name, one inside a wrapper by the key it stands under, as the importer does."""
    config = entry.get("config")
    if key not in ("layers", "config"):  # a Sequential of the first years is a bare list of layers
        return f"{path}/{key}" if isinstance(config, Mapping) and "layers" in config else f"{path}.{key}"
    name = config.get("name", "") if isinstance(config, Mapping) else ""
    return f"{path}/{name}".lstrip("/")


def is_model(entry: Any) -> bool:
    """Whether an entry is a model of layers."""
    config = entry.get("config") if isinstance(entry, Mapping) else None
    return isinstance(config, Mapping) and isinstance(config.get("layers"), list)


def layers_of(model: Entry) -> list[Any]:
    """The entries of the layers of a model; a Sequential of the first years is a bare list of them."""
    config = model.get("config")
    layers = config.get("layers") if isinstance(config, Mapping) else config
    return layers if isinstance(layers, list) else []


def counted_layers(model: Entry) -> list[Entry]:
    """The layers of a model as Keras counts them in what it saves: a Sequential does not count its input."""
    layers = layers_of(model)
    is_sequential = "Sequential" in (model["class_name"], listed_as(model))
    inputs = is_sequential and layers and layers[0]["class_name"] == "InputLayer"
    return layers[1:] if inputs else layers
