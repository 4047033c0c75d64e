"""The initializers of Keras 3 in the importing process."""

from __future__ import annotations

from typing import Any

from interchange.workers import initializers, memory


def make_free() -> None:
    """Make costly initializers return zeros in this process."""
    import keras

    initializers.make_free(keras.initializers, _zeros)


def _zeros(shape: Any, dtype: Any) -> Any:
    import keras

    name = keras.backend.standardize_dtype(dtype or keras.config.floatx())
    if keras.backend.backend() != "tensorflow" or not memory.is_worth(shape, name):
        return keras.ops.zeros(shape, name)
    import tensorflow as tf

    return memory.zeros_tensor(tf, shape, name)
