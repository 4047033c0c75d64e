"""The initializers of Keras 2.15 in the exporting process: free, or drawn for an architecture without weights."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from interchange.workers import initializers, memory

_SEED = 2015


def make_free() -> None:
    """Make costly initializers return zeros in this process."""
    from keras.src.initializers import initializers as classes

    initializers.make_free(classes, _zeros)


def _zeros(shape: Any, dtype: Any) -> Any:
    import tensorflow as tf

    return memory.zeros_tensor(tf, tuple(tf.TensorShape(shape)), tf.as_dtype(dtype or tf.float32).name)


@contextlib.contextmanager
def drawing() -> Iterator[None]:
    """For the length of a `with` block initializers draw, the same numbers every time."""
    import keras

    keras.utils.set_random_seed(_SEED)
    with initializers.drawing():
        yield
