"""Dtypes of `keras.ops`: what values of several dtypes become together, and values in that dtype.

Keras 3 converts arguments to a common dtype before it calls TensorFlow, which does not: the rules are those of
`keras/src/backend/common/dtypes.py`. A plain number of Python has the weak dtype `int` or `float`, which yields to that
of a tensor.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from translation.keras3_to_2.operations.constants import Constant

# The dtypes that come next after each, as in the lattice of Keras 3.
_NEXT = {
    "bool": "int",
    "uint8": "int16 uint16",
    "uint16": "int32 uint32",
    "uint32": "int64 uint64",
    "uint64": "float",
    "int": "uint8 int8",
    "int8": "int16",
    "int16": "int32",
    "int32": "int64",
    "int64": "float",
    "float": "bfloat16 float16",
    "bfloat16": "float32",
    "float16": "float32",
    "float32": "float64",
    "float64": "",
}
_RESOLVED = {"int": "int32", "float": "float32", "uint64": "uint32"}
# What TensorFlow makes of a plain list, by its dtype in NumPy.
_OF_LISTS = {"float64": "float32", "int64": "int32"}
_KEPT_AS_LISTS = frozenset({"float32", "int32", "bool"})
SUPPORTED = frozenset(_NEXT) - {"int", "float"}
"""The dtypes of tensors that have a place in the lattice; others are refused."""


@functools.cache
def _above(dtype: str) -> frozenset[str]:
    return frozenset({dtype}).union(*(_above(each) for each in _NEXT[dtype].split()))


def result_type(*dtypes: str) -> str:
    """The dtype that values of these dtypes have together."""
    common = frozenset.intersection(*(_above(dtype) for dtype in dtypes))
    least = next(dtype for dtype in common if common <= _above(dtype))
    return _RESOLVED.get(least, least)


def dtype_of(value: Any) -> str:
    """The dtype of a tensor or constant; `int` or `float` of a plain number."""
    if hasattr(value, "dtype"):
        return str(getattr(value.dtype, "name", value.dtype))
    if isinstance(value, (list, tuple)):
        dtype = str(np.asarray(value).dtype)
        return _OF_LISTS.get(dtype, dtype)
    return type(value).__name__


def strong(value: Any) -> str:
    """The dtype of a value that is made a tensor by itself, as most operations do first."""
    dtype = dtype_of(value)
    return _RESOLVED.get(dtype, dtype)


def is_whole(value: Any) -> bool:
    """Whether a value holds whole numbers or booleans."""
    return "int" in dtype_of(value) or dtype_of(value) == "bool"


def is_tensor(value: Any) -> bool:
    """Whether a value is a tensor, not a constant."""
    return hasattr(value, "dtype") and not isinstance(value, Constant)


def cast(tf: Any, value: Any, dtype: str) -> Any:
    """A value in the given dtype: tensors are cast, constants become plain numbers for TensorFlow."""
    if is_tensor(value):
        return value if dtype_of(value) == dtype else tf.cast(value, dtype)
    return plain(value, dtype)


def plain(value: Any, dtype: str) -> Any:
    """A constant as plain numbers, which a config of Keras 2 can hold."""
    numbers = np.asarray(value.value if isinstance(value, Constant) else value)
    kind = "bool" if dtype == "bool" else "int64" if "int" in dtype else "float64"
    return numbers.astype(kind).tolist()


def floating(tf: Any, value: Any) -> Any:
    """A value in its float dtype; whole numbers in float32."""
    return cast(tf, value, result_type(strong(value), "float"))


def together(tf: Any, *values: Any, dtype: str) -> list[Any]:
    """The values in one dtype, of which at least one is a tensor.

    TensorFlow makes the first argument of a function a tensor without regard to the others. A constant that would get
    another dtype so is added to a zero of the right one, for a config of Keras 2 keeps no dtype of constants.
    """
    found = [cast(tf, value, dtype) for value in values]
    if is_tensor(found[0]) or dtype in _KEPT_AS_LISTS:
        return found
    beside = next(value for value in found if is_tensor(value))
    return [constant(tf, found[0], dtype, beside), *found[1:]]


def constant(tf: Any, value: Any, dtype: str, beside: Any) -> Any:
    """A constant as a tensor of the dtype, made from any tensor `beside` it.

    Of a vector of int32 that does not depend on inputs Keras 2.15 thinks that it is a shape, and fails if a number is
    negative. So the first element is compared with itself, which is never less.
    """
    first = tf.cast(tf.reshape(beside, [-1])[:1], "float32")
    zero = tf.cast(tf.reduce_any(tf.less(first, first)), dtype)
    numbers = plain(value, dtype)
    return tf.logical_or(zero, numbers) if dtype == "bool" else tf.add(zero, numbers)


def weakly(tf: Any, *values: Any, also: str = "") -> list[Any]:
    """The values in their common dtype, where plain numbers take on that of the tensors."""
    return together(tf, *values, dtype=result_type(*(dtype_of(value) for value in values), *also.split()))


def strongly(tf: Any, *values: Any, also: str = "") -> list[Any]:
    """The values in their common dtype, where a plain number is a tensor of int32 or float32."""
    return together(tf, *values, dtype=result_type(*(strong(value) for value in values), *also.split()))
