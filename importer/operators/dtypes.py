"""Dtypes: a tensor in another one."""

from __future__ import annotations

from typing import Any

from importer.operators.operator import example, named, tensor


def _cast(ops: Any, x: Any, dtype: str) -> Any:
    return x if getattr(x, "dtype", None) == dtype else ops.cast(x, dtype)


OPERATORS = (
    named(
        "cast", "x", _cast, example(tensor(3), "float16"), example(tensor(2, 3), "int64"), example(tensor(3), "bool")
    ),
)
