"""The activation snake of TensorFlow Addons, x + (1 - cos(2 x)) / 2."""

from __future__ import annotations

from typing import Any


def build(rank: int, dtype: str) -> Any:
    """A model for tensors of `rank` axes."""
    import keras
    from keras import ops

    x = keras.Input(batch_shape=(None,) * rank, dtype=dtype)
    waves = ops.subtract(1.0, ops.cos(ops.multiply(2.0, x)))
    return keras.Model(x, ops.add(x, ops.divide(waves, 2.0)), name="snake")
