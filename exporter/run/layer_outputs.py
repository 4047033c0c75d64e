"""Record what every layer of a model gives on its first probes, and how far rounding alone moves that.

It takes no call of its own: it is recorded while the model runs anyway.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any, Optional

from exporter.run.rounding import DRAWS, distance
from interchange.bundle import BundleWriter
from interchange.workers import watched_calls
from interchange.workers.watched_calls import CallNumbers, Place, Sample, Watch

_NO_GRAPH = "there is no graph of layers, as a class of its own calls them"
_NO_TENSORS = "no layer gives a dense tensor"


@contextlib.contextmanager
def watched(model: Any) -> Iterator[Watch]:
    """Within, the calls of the layers of a model can be recorded."""
    import keras
    import tensorflow as tf

    with watched_calls.installed(keras.layers.Layer, Watch(model, tf, tf.nest.flatten, _numbers_of)) as watch:
        yield watch


def _numbers_of(layer: Any) -> Optional[CallNumbers]:
    import keras

    if isinstance(layer, keras.Sequential):
        return {id(each): (0,) for each in layer.layers}
    if not getattr(layer, "_is_graph_network", False):
        return None
    return watched_calls.call_numbers(layer._nodes_by_depth, lambda node: node.layer)


def why_none(model: Any, recorded: Mapping[Place, Sample]) -> str | None:
    """Why nothing was recorded of a model that was watched; None if something was."""
    if recorded:
        return None
    return _NO_GRAPH if _numbers_of(model) is None else _NO_TENSORS


def write(writer: BundleWriter, exact: Mapping[Place, Sample], moved: Mapping[Place, Sample]) -> None:
    """Write what was recorded, and how far it is from what was recorded of the `moved` model, which ran once."""
    if exact:
        rows = ((_facts(place, sample, moved.get(place)), sample.numbers) for place, sample in exact.items())
        writer.write_tensors("layers.npz", rows)


def _facts(place: Place, sample: Sample, moved: Sample | None) -> Mapping[str, Any]:
    return {
        "layer": list(place.path),
        "class": sample.class_name,
        "call": place.call,
        "index": place.output,
        "of": list(sample.shape),
        "largest": sample.largest,
        "mean": sample.mean,
        "noise": None if moved is None else DRAWS * distance(sample.numbers, moved.numbers),
    }
