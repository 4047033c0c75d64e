"""Which narrow dtypes a model and its outputs are computed in: by policies of layers, and by casts within its graph."""

from __future__ import annotations

from typing import Any

from exporter.probes.sparse_ragged import is_model
from interchange.dependencies import calls_behind
from interchange.tolerances import HALF


def computed_in(model: Any) -> frozenset[str]:
    """The dtypes of the layers of a model and of what comes out of them; a model itself computes nothing."""
    import tensorflow as tf

    layers = [layer for layer in model._flatten_layers() if not is_model(layer)]
    outputs = (node.outputs for layer in layers for node in layer._inbound_nodes)
    made = {tensor.dtype.name for tensor in tf.nest.flatten(list(outputs)) if hasattr(tensor, "dtype")}
    return frozenset(made | {layer.compute_dtype for layer in layers if layer.compute_dtype})


def are_in(model: Any) -> bool:
    """Whether any of them is a half."""
    return bool(computed_in(model) & HALF)


def by_output(model: Any, count: int) -> list[frozenset[str]]:
    """The dtypes that each of `count` outputs is reached from; those of the model, where its graph does not tell."""
    outputs = _outputs(model)
    return [_behind(output) for output in outputs] if len(outputs) == count else [computed_in(model)] * count


def _outputs(model: Any) -> list[Any]:
    """The symbolic outputs of a model; none of what is no model, and of one whose class may compute something else."""
    import keras
    import tensorflow as tf
    from keras.src.engine.functional import Functional

    is_graph = type(model) in (keras.Sequential, Functional)
    return tf.nest.flatten(model.outputs) if is_graph and model.outputs else []


def _behind(output: Any) -> frozenset[str]:
    """The dtypes of all that an output is reached from; of a nested model, what its own output is reached from."""
    import tensorflow as tf

    found: frozenset[str] = frozenset()
    for layer, node, place in calls_behind(output, lambda node: node.keras_inputs):
        made = tf.nest.flatten(node.outputs)
        if inner := _outputs(layer):
            found |= _behind(inner[place]) | {made[place].dtype.name}
        else:
            found |= {tensor.dtype.name for tensor in made if hasattr(tensor, "dtype")} | computed_in(layer)
    return found
