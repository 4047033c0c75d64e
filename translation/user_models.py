"""Models of a custom class whose configs list all layers, as those of functional models do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from translation.config_tree import Entry, Located, edited, objects

MODELS = frozenset({"Functional", "Model", "Sequential"})
"""The classes of Keras whose configs list layers."""

LISTED = (
    "the result has the layers that its config lists, without the class: to train it like that, create "
    "{}(model.inputs, model.outputs)"
)
"""The line of the report about such a model."""

_ENDS = frozenset({"input_layers", "output_layers"})
_OF_SEQUENTIAL = frozenset({"name", "trainable", "layers", "build_input_shape"})


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


def plain(architecture: Any) -> Any:
    """An architecture in which each such model is one of Keras's own."""
    return edited(architecture, _as_of_keras)


def _as_of_keras(entry: Entry, _: str) -> Entry:
    kind = listed_as(entry)
    if kind is None:
        return entry
    of_keras = {"class_name": kind, "module": "keras", "registered_name": None}
    return {**entry, **{key: value for key, value in of_keras.items() if key in entry}}


def of_own_class(architecture: Any) -> Iterator[Located]:
    """Each such model in an architecture."""
    return (each for each in objects(architecture) if listed_as(each.entry))
