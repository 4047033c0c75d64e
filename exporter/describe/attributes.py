"""The attributes that lead to each variable: a class rewritten for Keras 3 may rename its weights and keep these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from exporter.describe import description

Path = tuple[str, ...]
_TRACKED = ("_trainable_weights", "_non_trainable_weights", "_self_", "_obj_reference", "_metrics", "_updates")


def paths(model: Any) -> Mapping[int, Path]:
    """The path of each variable by its id: names of layers in models that list them, attributes elsewhere."""
    return dict(_below(model, ()))


def _below(layer: Any, path: Path) -> Iterator[tuple[int, Path]]:
    import tensorflow as tf

    held = {id(item): key for key, item in _items(layer) if isinstance(item, tf.Variable)}
    for name, variable in description.own_variables(layer):
        yield id(variable), (*path, *held.get(id(variable), (name,)))
    for key, child in _children(layer):
        yield from _below(child, (*path, *key))


def _children(layer: Any) -> Iterator[tuple[Path, Any]]:
    import keras

    if not isinstance(layer, keras.Model) or layer._is_graph_network or isinstance(layer, keras.Sequential):
        yield from description.children(layer)
        return
    held = {id(item): key for key, item in _items(layer) if isinstance(item, keras.layers.Layer)}
    yield from ((held.get(id(child), (child.name,)), child) for child in layer.layers)


def _items(layer: Any) -> Iterator[tuple[Path, Any]]:
    """The values of a layer's attributes, and the items of lists and dictionaries there."""
    for attribute, value in vars(layer).items():
        name = attribute.lstrip("_")
        if attribute.startswith(_TRACKED):
            continue
        if isinstance(value, (list, tuple, dict)):
            inner = value.items() if isinstance(value, dict) else enumerate(value)
            yield from (((name, str(key)), item) for key, item in inner)
        else:
            yield (name,), value
