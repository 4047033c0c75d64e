"""The activation gelu of TensorFlow Addons, which is the approximation by tanh."""

from __future__ import annotations

from typing import Any


def build(rank: int, dtype: str) -> Any:
    """A model for tensors of `rank` axes."""
    import keras

    x = keras.Input(batch_shape=(None,) * rank, dtype=dtype)
    return keras.Model(x, keras.ops.gelu(x, approximate=True), name="tanh_gelu")
