"""RandomFourierFeatures, cos(x K / scale + bias): a frozen Dense, and the scale as an Embedding of one row."""

from __future__ import annotations

from typing import Any

from importer.decompositions.layers import Blueprint, Composition, WeightTarget, as_model
from translation.weight_transforms import RESHAPED


def compose(blueprint: Blueprint) -> Composition:
    """A functional model of the formula; Keras 2 computes it in float32 whatever the layer's dtype."""
    from keras import constraints, layers

    projection = layers.Dense(blueprint.config["output_dim"], name=f"{blueprint.name}_projection", dtype="float32")
    projection.trainable = False
    scale = layers.Embedding(
        1, 1, embeddings_constraint=constraints.NonNeg(), name=f"{blueprint.name}_scale", dtype="float32"
    )
    weights = {
        "unscaled_kernel": WeightTarget(projection, "kernel"),
        "bias": WeightTarget(projection, "bias"),
        "kernel_scale": WeightTarget(scale, "embeddings", RESHAPED),
    }
    return Composition(as_model(blueprint, lambda x: _features(x, projection, scale)), weights)


def _features(x: Any, projection: Any, scale: Any) -> Any:
    from keras import ops

    x = ops.cast(x, "float32")
    # Only a layer can read a variable, so the scale is looked up in row 0, once for each sample.
    rows = ops.cast(ops.zeros_like(x[:, 0]), "int32")
    return ops.cos(projection(ops.divide(x, scale(rows))))
