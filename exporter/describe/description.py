"""The description of a model: its architecture as Keras 2.15 writes it, and a path and a name for every variable."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from exporter.keras2.lookup_layers import stands_in_config, state_bins, state_weights
from interchange import json_floats
from interchange.weight_key import unique_names

_SKIPPED = ("_self_", "_obj_reference", "_keras_api")


def architecture(model: Any) -> Mapping[str, Any]:
    """Keras 2.15's own config of the model as plain JSON."""
    for layer in model._flatten_layers():
        state_weights(layer)
        state_bins(layer)
    with _causal_kept(), _ellipsis_kept():
        described = json.loads(model.to_json())
    encoded: Mapping[str, Any] = json_floats.spelled(described)
    return encoded


@contextlib.contextmanager
def _causal_kept() -> Iterator[None]:
    """Within, configs have the `causal` of older attention layers, which Keras 2.15 reads and computes but omits."""
    from keras.src.layers.attention.base_dense_attention import BaseDenseAttention

    original = BaseDenseAttention.get_config

    def complete(layer: Any) -> dict[str, Any]:
        return {**original(layer), **({"causal": True} if layer.causal else {})}

    BaseDenseAttention.get_config = complete
    try:
        yield
    finally:
        BaseDenseAttention.get_config = original


@contextlib.contextmanager
def _ellipsis_kept() -> Iterator[None]:
    """Within, Keras 2.15 also writes the `...` of an index in a nested model, at which it otherwise raises."""
    from keras.src.saving import serialization_lib

    serialize = serialization_lib.serialize_keras_object

    def complete(value: Any) -> Any:
        return {"class_name": "__ellipsis__"} if value is Ellipsis else serialize(value)

    serialization_lib.serialize_keras_object = complete
    try:
        yield
    finally:
        serialization_lib.serialize_keras_object = serialize


def variables(layer: Any) -> Iterator[tuple[tuple[str, ...], str, Any]]:
    """Every variable as (path of its layer, its own name, the variable), without those that the config has."""
    for path, inner in layers(layer):
        if not stands_in_config(inner):
            yield from ((path, name, variable) for name, variable in own_variables(inner))


def layers(layer: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """A layer or model, and every layer below it, with their paths.

    A path holds names of layers within models, and names of attributes within layers: the cell of a Bidirectional is
    ("bidirectional", "forward_layer", "cell"). Keras 3 uses the same attributes.
    """
    yield path, layer
    for key, child in children(layer):
        yield from layers(child, (*path, *key))


def is_model(layer: Any) -> bool:
    """Whether a layer is a model; an attribute `layers` does not say so, because custom layers may have one."""
    import keras

    return isinstance(layer, keras.Model)


def metrics(model: Any) -> list[Any]:
    """The metrics of a model's layers, which belong to training: no output depends on their counts."""
    return [metric for layer in model._flatten_layers() for metric in layer._metrics]


def own_variables(layer: Any) -> Iterator[tuple[str, Any]]:
    """The variables of a layer itself, by names that are unique within it."""
    variables = [*layer._trainable_weights, *layer._non_trainable_weights]
    names = (variable.name.split(":")[0].rsplit("/", 1)[-1] for variable in variables)
    return zip(unique_names(names), variables)


def children(layer: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The layers directly below one: by name in a model, by attribute elsewhere, each object once."""
    import keras

    if isinstance(layer, keras.Model):
        for child in layer.layers:
            yield (child.name,), child
        return
    seen: set[int] = set()
    for attribute, value in vars(layer).items():
        if attribute.startswith(_SKIPPED):
            continue
        for key, child in _layers_in(attribute.lstrip("_"), value):
            if id(child) not in seen and not isinstance(child, keras.metrics.Metric):  # state of the training
                seen.add(id(child))
                yield key, child


def _layers_in(attribute: str, value: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    import keras

    if isinstance(value, keras.layers.Layer):
        yield (attribute,), value
    elif isinstance(value, (list, tuple, dict)):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            if isinstance(item, keras.layers.Layer):
                yield (attribute, str(key)), item
