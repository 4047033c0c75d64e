"""Constants in a call: as TensorFlow reads the numbers of a file, and large ones as frozen weights."""

from __future__ import annotations

from typing import Any

import numpy as np

# Numbers are text in the config of a model: a constant of 10 MB takes 54 MB there.
LARGEST_IN_CONFIG = 64 << 10


def array(value: Any, dtype: str | None = None) -> np.ndarray[Any, Any]:
    """Plain numbers, or lists of them, as TensorFlow reads them beside a tensor of `dtype`, or on their own."""
    numbers = np.asarray(value)
    if numbers.dtype.kind in "bUSO":
        return numbers
    if dtype is not None and dtype != "string":
        return numbers.astype("float32" if dtype == "bfloat16" else dtype)  # which NumPy does not know
    if isinstance(value, np.ndarray):
        return numbers
    return numbers.astype("int32" if numbers.dtype.kind in "iu" else "float32")


def tensor(value: np.ndarray[Any, Any], near: Any) -> Any:
    """A constant for the graph that the symbolic tensor `near` belongs to."""
    from keras import ops

    if near is None or value.nbytes <= LARGEST_IN_CONFIG or value.dtype.kind in "USO":
        return ops.convert_to_tensor(value)
    return _weight(value, near)


def _weight(value: np.ndarray[Any, Any], near: Any) -> Any:
    """The one row of a frozen Embedding, the only layer that returns its weight unchanged."""
    from keras import layers, ops

    kind = "uint8" if value.dtype.kind == "b" else value.dtype.name
    table = layers.Embedding(1, value.size, embeddings_initializer="zeros", trainable=False, dtype=kind)
    row = table(zero(near))
    table.set_weights([value.reshape(1, -1).astype(kind)])
    numbers = ops.reshape(row, value.shape)
    return ops.cast(numbers, "bool") if kind != value.dtype.name else numbers


def placed(value: Any, near: Any) -> Any:
    """A constant as a symbolic tensor of the graph of `near`.

    A layer called on plain numbers would compute at once, before it has the weights of the old model.
    """
    from keras import ops

    return ops.take(ops.expand_dims(value, 0), zero(near), axis=0)


def zero(near: Any) -> Any:
    """A 0 computed from a tensor, for any batch size."""
    from keras import ops

    first = near[(slice(None), *[slice(1)] * (len(near.shape) - 1))] if near.shape else near
    return ops.sum(ops.zeros_like(first, dtype="int32"))
