"""The activation rrelu of TensorFlow Addons, which at inference has the mean of its slopes, 1/8 and 1/3."""

from __future__ import annotations

from typing import Any


def build(rank: int, dtype: str) -> Any:
    """A model for tensors of `rank` axes."""
    import keras

    x = keras.Input(batch_shape=(None,) * rank, dtype=dtype)
    slope = (1 / 8 + 1 / 3) / 2
    return keras.Model(x, keras.ops.leaky_relu(x, negative_slope=slope), name="rrelu")
