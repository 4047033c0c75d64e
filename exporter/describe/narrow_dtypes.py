"""The dtypes in which a model and each of its outputs are computed, from dtype policies and casts in the graph."""

from __future__ import annotations

from typing import Any

from exporter.describe.description import is_model
from interchange.workers.dependencies import calls_behind
from interchange.workers.tolerances import HALF


def computed_in(model: Any) -> frozenset[str]:
    """The compute and output dtypes of all layers of a model; nested models count by their layers."""
    import tensorflow as tf

    layers = [layer for layer in model._flatten_layers() if not is_model(layer)]
    outputs = (node.outputs for layer in layers for node in layer._inbound_nodes)
    made = {tensor.dtype.name for tensor in tf.nest.flatten(list(outputs)) if hasattr(tensor, "dtype")}
    return frozenset(made | {layer.compute_dtype for layer in layers if layer.compute_dtype})


def has_halves(model: Any) -> bool:
    """Whether a model computes anything in half precision."""
    return bool(computed_in(model) & HALF)


def by_output(model: Any, count: int) -> list[frozenset[str]]:
    """The dtypes of all calls that each of `count` outputs depends on; those of the model if its graph is unknown."""
    outputs = _outputs(model)
    return [_behind(output) for output in outputs] if len(outputs) == count else [computed_in(model)] * count


def _outputs(model: Any) -> list[Any]:
    """The symbolic outputs of a Sequential or functional model; none of a subclass, which may compute otherwise."""
    import keras
    import tensorflow as tf
    from keras.src.engine.functional import Functional

    is_graph = type(model) in (keras.Sequential, Functional)
    return tf.nest.flatten(model.outputs) if is_graph and model.outputs else []


def _behind(output: Any) -> frozenset[str]:
    """The dtypes of all calls that an output depends on; in a nested model, those that its own output depends on."""
    import tensorflow as tf

    dtypes: frozenset[str] = frozenset()
    for layer, node, place in calls_behind(output, lambda node: node.keras_inputs):
        tensors = tf.nest.flatten(node.outputs)
        if inner := _outputs(layer):
            dtypes |= _behind(inner[place]) | {tensors[place].dtype.name}
        else:
            dtypes |= {tensor.dtype.name for tensor in tensors if hasattr(tensor, "dtype")} | computed_in(layer)
    return dtypes
