"""Large arrays that TensorFlow takes over without a copy: aligned, writable, and of a dtype that both know."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from interchange.tensors import Array

_ALIGNMENT = 64  # bytes: what the widest instructions of a processor load at once
_WORTH = 2**20  # bytes from which on it is worth the trouble
_DTYPES = frozenset({"float16", "float32", "float64"})


def is_worth(shape: Sequence[int], dtype: str) -> bool:
    """Whether an array is large, and of a dtype by name that can be handed over."""
    return dtype in _DTYPES and math.prod(shape) * np.dtype(dtype).itemsize >= _WORTH


def is_aligned(array: Array) -> bool:
    """Whether an array can be handed over as it is."""
    return bool(array.flags.c_contiguous and array.flags.writeable and array.ctypes.data % _ALIGNMENT == 0)


def zeros(shape: Sequence[int], dtype: str) -> Array:
    """Aligned zeros, which take no memory before something is written there."""
    kind = np.dtype(dtype)
    size = math.prod(shape) * kind.itemsize
    raw = np.zeros(size + _ALIGNMENT, np.uint8)
    start = -raw.ctypes.data % _ALIGNMENT
    return raw[start : start + size].view(kind).reshape(tuple(shape))


def zeros_tensor(tf: Any, shape: Sequence[int], dtype: str) -> Any:
    """Zeros as a tensor of `tf`, the module TensorFlow; many of them take no memory before they are read."""
    return tensor(tf, zeros(shape, dtype)) if is_worth(shape, dtype) else tf.zeros(shape, dtype)


def as_tensor(tf: Any, array: Any, dtype: str) -> Any:
    """A large, aligned array of this dtype as a tensor without a copy: nobody may write to the array any more.

    Anything else is returned as it is.
    """
    fits = isinstance(array, np.ndarray) and array.dtype.name == dtype and is_worth(array.shape, dtype)
    return tensor(tf, array) if fits and is_aligned(array) else array


def tensor(tf: Any, array: Array) -> Any:
    """An aligned array as a tensor of `tf` without a copy; nobody may write to the array any more."""
    return tf.experimental.dlpack.from_dlpack(array.__dlpack__())
