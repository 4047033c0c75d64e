"""Where the weights of an HDF5 group do not fit a model: every layer of it, not only the first that Keras meets."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from exporter.build import first_line
from interchange.errors import Problem

_SHOWN = 3  # of the weights of one layer


def layers_with_weights(model: Any) -> list[Any]:
    """The layers that a file has weights for, in the order in which Keras takes them."""
    return [layer for layer in model.layers if layer.weights]


def names_with_weights(group: Any) -> list[str]:
    """The layers that a file stores weights of, in its order."""
    from keras.src.saving.legacy import hdf5_format

    names = hdf5_format.load_attributes_from_hdf5_group(group, "layer_names")
    return [name for name in names if hdf5_format.load_attributes_from_hdf5_group(group[name], "weight_names")]


def misfits(group: Any, model: Any) -> Iterator[Problem]:
    """A row for each layer without weights of its own, with others, or with some of another shape.

    Layers are told by their place where there are as many in the file as in the model, else by their names.
    """
    layers, stored = layers_with_weights(model), names_with_weights(group)
    if len(layers) == len(stored):
        pairs = list(zip(layers, stored))
    else:
        pairs = [(layer, layer.name) for layer in layers if layer.name in stored]
        lonely = (layer for layer in layers if layer.name not in stored)
        yield from (_row(layer, "the file stores no weights of this layer") for layer in lonely)
        known = {layer.name for layer in layers}
        text = "the file stores weights of this layer, which the architecture does not have"
        yield from (Problem(name, "weights", text) for name in stored if name not in known)
    for layer, name in pairs:
        wrong = _difference(layer, name, group)
        if wrong:
            yield _row(layer, wrong if name == layer.name else f"{wrong}; there it is called {name}")


def _row(layer: Any, text: str) -> Problem:
    return Problem(layer.name, type(layer).__name__, text)


def _difference(layer: Any, name: str, group: Any) -> str | None:
    """What is wrong with the weights of a layer, brought to the form of Keras 2.15; None if they fit."""
    wanted = [*layer.trainable_weights, *layer.non_trainable_weights]
    try:
        found = _values(layer, group, name)
    except (AssertionError, IndexError, KeyError, OSError, ValueError) as error:
        return f"what the file stores cannot be weights of it: {first_line(error)}"
    if len(found) != len(wanted):
        return f"it has {len(wanted)} weights, and the file stores {len(found)}"
    shapes = [(variable.name, tuple(variable.shape), array.shape) for variable, array in zip(wanted, found)]
    return _listed([f"{name} has shape {own}, stored is {there}" for name, own, there in shapes if own != there])


def _values(layer: Any, group: Any, name: str) -> Sequence[Any]:
    from keras.src.saving.legacy import hdf5_format

    about = {key: group.attrs.get(key) for key in ("keras_version", "backend")}
    texts = {key: value.decode() if isinstance(value, bytes) else value for key, value in about.items()}
    values = hdf5_format.load_subset_weights_from_hdf5_group(group[name])
    made: Sequence[Any] = hdf5_format.preprocess_weights_for_loading(
        layer, values, texts["keras_version"] or "1", texts["backend"]
    )
    return made


def _listed(rows: Sequence[str]) -> str | None:
    if not rows:
        return None
    more = f"; and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    return "; ".join(rows[:_SHOWN]) + more
