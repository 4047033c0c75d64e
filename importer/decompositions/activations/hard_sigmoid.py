"""Keras 2's `hard_sigmoid`, clip(0.2 x + 0.5, 0, 1), as a model that stands where an activation stands."""

from __future__ import annotations

from typing import Any


def build(rank: int, dtype: str) -> Any:
    """A functional model for tensors of `rank` axes; a callable of ours could not be saved natively."""
    import keras

    x = keras.Input(batch_shape=(None,) * rank, dtype=dtype)
    # Rescaling and ReLU would do as well, but they hold state; two ops are the formula itself.
    y = keras.ops.clip(keras.ops.add(keras.ops.multiply(x, 0.2), 0.5), 0.0, 1.0)
    return keras.Model(x, y, name="hard_sigmoid")
