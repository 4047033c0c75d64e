"""The width of an input that nothing but the weights tell: adapting a layer leaves its own input without any size."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from exporter.restore.checkpoint import Checkpoint
from interchange import tuples
from translation.config_tree import Entry, counted_layers, layers_of
from translation.keras2_to_2_15.archive import Archive
from translation.keras2_to_2_15.archive_paths import Places

Shape = Sequence[int]
MeanOf = Callable[[Entry], Shape | None]
"""The shape of the mean that is stored of the first layer of a model."""

_KEY = "batch_input_shape"


def widened(model: Entry, mean_of: MeanOf) -> Entry:
    """A Sequential that begins with an adapted Normalization, with the sizes of its input that this was adapted to.

    Keras 2.15 writes the input of such a model without them, and then cannot build it: it is built when it is adapted.
    """
    first = next(iter(counted_layers(model)), None) if model.get("class_name") == "Sequential" else None
    if first is None or first.get("class_name") != "Normalization":
        return model
    config: Mapping[str, Any] = tuples.listed(first["config"])
    axes, shape = config.get("axis"), config.get(_KEY)
    if not isinstance(axes, list) or not isinstance(shape, list) or all(shape[axis] is not None for axis in axes):
        return model
    mean = mean_of(first)
    return model if mean is None else _with_shape(model, first, _filled(shape, axes, mean))


def _filled(shape: Sequence[int | None], axes: Sequence[int], mean: Shape) -> list[int | None]:
    """A shape with the sizes of a mean, which has the axes that are kept in their order."""
    kept = dict(zip(sorted(axis % len(shape) for axis in axes), mean))
    return [kept.get(axis, size) for axis, size in enumerate(shape)]


def _with_shape(model: Entry, first: Entry, shape: Sequence[int | None]) -> Entry:
    """The model with that shape for its first layer, and for the InputLayer before it if there is one."""
    layers = layers_of(model)
    end = layers.index(first) + 1
    sized = [{**layer, "config": {**layer["config"], _KEY: list(shape)}} for layer in layers[:end]]
    return {**model, "config": {**model["config"], "layers": [*sized, *layers[end:]]}}


def in_group(group: Any) -> MeanOf:
    """What an HDF5 group that lists its layers stores, or none."""

    def mean_of(entry: Entry) -> Shape | None:
        layer = {} if group is None else group.get(entry["config"]["name"], {})
        return next((layer[name].shape for name in layer if name.partition(":")[0] == "mean"), None)

    return mean_of


def in_archive(archive: Archive) -> MeanOf:
    """What a `.keras` file or a `.weights.h5` of its layout stores."""

    def mean_of(_: Entry) -> Shape | None:
        _, place = next(Places(archive).of(archive.architecture, ()))
        variables = archive.groups.get(place, {})
        return variables["0"].shape if "0" in variables else None

    return mean_of


def in_checkpoint(prefix: Path) -> MeanOf:
    """What the checkpoint of a SavedModel stores."""

    def mean_of(_: Entry) -> Shape | None:
        found = Checkpoint(prefix)
        mean = found.children(found.children(0).get("layer-0", 0)).get("mean")
        return None if mean is None else found.shape(mean)

    return mean_of
