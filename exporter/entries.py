"""The entries of an architecture: objects with a class and a config, models that hold layers, and the layers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Entry = Mapping[str, Any]


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
    inputs = model["class_name"] == "Sequential" and layers and layers[0]["class_name"] == "InputLayer"
    return layers[1:] if inputs else layers
