"""ReLU with a threshold: Keras 2 multiplies by whether a value is above it, so NaN and minus infinity become NaN."""

from __future__ import annotations

from typing import Any

from importer.decompositions.layers import Blueprint, Composition, as_model
from translation.operators.nn.activations import relu

_KEYS = {"negative_slope": "alpha", "max_value": "max_value", "threshold": "threshold"}


def compose(blueprint: Blueprint) -> Composition:
    """The formula of Keras 2; a ragged tensor, which no operation takes, gets Keras 3's own layer."""
    import keras

    config = blueprint.config
    if blueprint.given:
        return Composition(keras.layers.ReLU(name=blueprint.name, dtype=blueprint.dtype, **config))
    settings = {_KEYS[key]: value for key, value in config.items()}
    return Composition(as_model(blueprint, lambda x: _relu(x, settings), range(1, len(blueprint.like.shape))))


def _relu(x: Any, settings: dict[str, Any]) -> Any:
    """For a threshold of zero `keras.backend.relu` does not multiply, but ThresholdedReLU does."""
    from keras import ops

    if settings.get("threshold"):
        return relu(ops, x, **settings)
    return ops.multiply(x, ops.cast(ops.greater(x, 0), x.dtype))
