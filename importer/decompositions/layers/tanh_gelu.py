"""GELU of TensorFlow Addons, whose default is the approximation by tanh."""

from __future__ import annotations

from typing import Any

from importer.decompositions import Blueprint, Composition, as_model


def compose(blueprint: Blueprint) -> Composition:
    """The layer."""
    from keras import ops

    approximate = bool(blueprint.config["approximate"])
    axes = range(1, len(blueprint.like.shape))
    return Composition(as_model(blueprint, lambda x: ops.gelu(x, approximate=approximate), axes))


def build(rank: int, dtype: str) -> Any:
    """The activation, as a model for tensors of `rank` axes."""
    import keras

    x = keras.Input(batch_shape=(None,) * rank, dtype=dtype)
    return keras.Model(x, keras.ops.gelu(x, approximate=True), name="tanh_gelu")
