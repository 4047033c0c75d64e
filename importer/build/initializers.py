"""Building allocates; it does not draw or factorise what the restored weights overwrite a moment later."""

from __future__ import annotations

from typing import Any

from interchange import memory

# Those that cost: random numbers, and the QR factorisation of Orthogonal.
_COSTLY = ("RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "Orthogonal")


def make_free() -> None:
    """Let the costly initialisers of this process give zeros; configs still name them as they were."""
    import keras

    def free(_self: Any, shape: Any, dtype: Any = None, **_: Any) -> Any:
        return _zeros(shape, keras.backend.standardize_dtype(dtype or keras.config.floatx()))

    for name in _COSTLY:
        getattr(keras.initializers, name).__call__ = free


def _zeros(shape: Any, dtype: str) -> Any:
    """Zeros, which take no memory of their own where they are many and TensorFlow holds them."""
    import keras

    if keras.backend.backend() != "tensorflow" or not memory.is_worth(shape, dtype):
        return keras.ops.zeros(shape, dtype)
    import tensorflow as tf

    return tf.experimental.dlpack.from_dlpack(memory.zeros(shape, dtype).__dlpack__())
