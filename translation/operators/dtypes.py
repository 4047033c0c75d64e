"""Dtypes of tensors, and casts to others."""

from __future__ import annotations

from typing import Any

from translation.operators.operator import Operator, defined_in, example, named, tensor


def dtype_of(*values: Any) -> str | None:
    """The dtype of the first tensor among values, which plain numbers take on beside it."""
    dtype = next((str(value.dtype) for value in values if hasattr(value, "dtype")), None)
    return "int32" if dtype == "object" else dtype  # a shape, some of whose sizes are known only when the model runs


def is_whole(*values: Any) -> bool:
    """Whether the first tensor among values holds whole numbers."""
    return "int" in str(dtype_of(*values))


def cast(ops: Any, x: Any, dtype: str | None) -> Any:
    """A tensor in the given dtype; itself if it has that one."""
    return x if dtype in (None, dtype_of(x)) else ops.cast(x, dtype)


def like(ops: Any, x: Any, *values: Any) -> Any:
    """`x`, computed from these values, in their dtype, which TensorFlow keeps and Keras widens."""
    return cast(ops, x, dtype_of(*values))


def alike(ops: Any, *values: Any) -> list[Any]:
    """The values, plain numbers as tensors of the dtype of the others, which not all operations of Keras convert.

    A constant of bfloat16 cannot be saved in a config of Keras, and needs no conversion.
    """
    dtype = dtype_of(*values)
    if dtype in {None, "float32", "int32", "bfloat16"}:
        return list(values)
    return [value if hasattr(value, "dtype") else ops.convert_to_tensor(value, dtype=dtype) for value in values]


def policy(tensor: Any) -> str | None:
    """The dtype that keeps a layer from casting its input."""
    return str(tensor.dtype) if "float" in tensor.dtype else None


def _to(name: str, dtype: str) -> Operator:
    return named(
        f"compat.v1.{name}", "x", lambda ops, x: cast(ops, x, dtype), example(tensor(3)), example(tensor(2, 4))
    )


SOURCES = defined_in("ops/math_ops")
OPERATORS = (
    named(
        "cast dtypes.cast",
        "x",
        cast,
        example(tensor(3), "float16"),
        example(tensor(2, 3), "int64"),
        example(tensor(3), "bool"),
    ),
    _to("to_float", "float32"),
    _to("to_double", "float64"),
    _to("to_int32", "int32"),
    _to("to_int64", "int64"),
)
