"""The activation sparsemax of TensorFlow Addons, the projection onto the simplex."""

from __future__ import annotations

from typing import Any

from importer.decompositions.layers.sparsemax import sparsemax


def build(rank: int, dtype: str) -> Any:
    """A model for tensors of `rank` axes."""
    import keras

    x = keras.Input(batch_shape=(None,) * rank, dtype=dtype)
    return keras.Model(x, sparsemax(x), name="sparsemax")
