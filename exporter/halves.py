"""Which narrow dtypes a model computes in: by the policies of its layers, and by casts within its graph."""

from __future__ import annotations

from typing import Any

from exporter.kinds import is_model
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
