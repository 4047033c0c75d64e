"""Models of a class of the user's own whose configs list all layers, as those of functional models do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

MODELS = frozenset({"Functional", "Model", "Sequential"})
"""The classes of Keras whose configs list layers."""

LISTED = (
    "the result has the layers that its config lists, without the class: to train it like that, create "
    "{}(model.inputs, model.outputs)"
)
"""What is told of such a model."""

_ENDS = frozenset({"input_layers", "output_layers"})
_OF_SEQUENTIAL = frozenset({"name", "trainable", "layers", "build_input_shape"})
Entry = Mapping[str, Any]


def listed_as(entry: Any) -> str | None:
    """`Functional` or `Sequential`, whichever the config of a class that is none of Keras's has the form of.

    Keras 2 writes it so for `Sub(inputs, outputs)`: what the class overrides, most often the step of a training, is in
    no file. None for anything else.
    """
    config = entry.get("config") if isinstance(entry, Mapping) else None
    if not isinstance(config, Mapping) or entry.get("class_name") in MODELS:
        return None
    layers = config.get("layers")
    if not (isinstance(layers, list) and layers and all(isinstance(layer, Mapping) for layer in layers)):
        return None
    if config.keys() >= _ENDS:
        return "Functional"
    return "Sequential" if config.keys() <= _OF_SEQUENTIAL else None


def plain(value: Any) -> Any:
    """An architecture in which each such model is one of Keras's own."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, Mapping):
        return value
    kind = listed_as(value)
    return {**{key: plain(item) for key, item in value.items()}, **({"class_name": kind} if kind else {})}


def of_own_class(value: Any, path: str | None = None) -> Iterator[tuple[str, Entry]]:
    """Each such model in an architecture with its path; the outermost is in no path."""
    if isinstance(value, list):
        for item in value:
            yield from of_own_class(item, path)
    if not isinstance(value, Mapping):
        return
    config = value.get("config")
    if "class_name" in value and isinstance(config, Mapping):
        path = "" if path is None else f"{path}/{config.get('name', '')}".strip("/")
        if listed_as(value):
            yield path, value
    for item in value.values():
        yield from of_own_class(item, path)
