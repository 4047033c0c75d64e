"""Arrays that become tensors and values of variables without a copy: their memory is TensorFlow's from then on."""

from __future__ import annotations

from typing import Any

import numpy as np

from interchange import memory


def zeros(shape: Any, dtype: Any) -> Any:
    """Zeros of a dtype of TensorFlow, which take no memory where they are many."""
    import tensorflow as tf

    sizes = tuple(tf.TensorShape(shape))
    return tensor(memory.zeros(sizes, dtype.name)) if memory.is_worth(sizes, dtype.name) else tf.zeros(sizes, dtype)


def tensor(array: np.ndarray) -> Any:
    """The tensor that an array from `interchange.memory` becomes; nobody may write to the array any more."""
    import tensorflow as tf

    return tf.experimental.dlpack.from_dlpack(array.__dlpack__())


def assign(variable: Any, array: np.ndarray) -> None:
    """Give a variable the numbers of an array, which nobody may write to any more."""
    fits = variable.dtype.name == array.dtype.name and memory.is_worth(array.shape, array.dtype.name)
    variable.assign(tensor(array) if fits and memory.is_aligned(array) else array)
