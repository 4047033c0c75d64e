"""The width of an input that only the weights know: adapting a layer leaves its own input without any size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from interchange import tuples
from translation.config_tree import Entry, layers_of
from translation.keras2_to_2_15.archive_paths import counted_layers

Shape = Sequence[int | None]
MeanShape = Callable[[Entry, Entry], Shape | None]
"""The shape of the mean that is stored for the first layer of an architecture."""

_KEY = "batch_input_shape"


def widened(model: Entry, mean_shape: MeanShape) -> Entry:
    """A Sequential that begins with an adapted Normalization, with the input sizes that this was adapted to.

    Keras 2.15 writes the input of such a model without sizes, and then cannot build it.
    """
    first = next(iter(counted_layers(model)), None) if model.get("class_name") == "Sequential" else None
    if first is None or first.get("class_name") != "Normalization":
        return model
    config: Mapping[str, Any] = tuples.listed(first["config"])
    axes, shape = config.get("axis"), config.get(_KEY)
    if not isinstance(axes, list) or not isinstance(shape, list) or all(shape[axis] is not None for axis in axes):
        return model
    mean = mean_shape(model, first)
    return model if mean is None else _with_shape(model, first, _filled(shape, axes, mean))


def _filled(shape: Sequence[int | None], axes: Sequence[int], mean: Shape) -> list[int | None]:
    """A shape with the sizes of a mean, which has the axes that are normalised in their order."""
    kept = dict(zip(sorted(axis % len(shape) for axis in axes), mean))
    return [kept.get(axis, size) for axis, size in enumerate(shape)]


def _with_shape(model: Entry, first: Entry, shape: Sequence[int | None]) -> Entry:
    """The model with that shape for its first layer, and for the InputLayer before it if there is one."""
    layers = layers_of(model)
    end = layers.index(first) + 1
    sized = [{**layer, "config": {**layer["config"], _KEY: list(shape)}} for layer in layers[:end]]
    return {**model, "config": {**model["config"], "layers": [*sized, *layers[end:]]}}
