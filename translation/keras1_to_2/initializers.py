"""Initializers, regularizers and constraints of Keras 1 as Keras 2 writes them; only training uses them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

INITIALIZERS = frozenset({
    "glorot_normal", "glorot_uniform", "he_normal", "he_uniform", "identity", "lecun_uniform", "normal", "one",
    "orthogonal", "uniform", "zero",
})  # fmt: skip
_REGULARIZERS = ("WeightRegularizer", "ActivityRegularizer", "L1L2Regularizer")
_CONSTRAINTS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "MaxNorm": ("MaxNorm", {"m": "max_value", "axis": "axis"}),
    "NonNeg": ("NonNeg", {}),
    "UnitNorm": ("UnitNorm", {"axis": "axis"}),
}


def initializer(value: Any) -> str:
    """Keras 2 still knows the names of Keras 1. Raises ValueError at another."""
    if value not in INITIALIZERS:
        raise ValueError("no initialiser of Keras 1")
    return str(value)


def regularizer(value: Any) -> Any:
    """`{"name": "WeightRegularizer", "l1": 0.0, "l2": 0.1}` as Keras 2 has it. Raises ValueError at another."""
    if value is None:
        return None
    if not isinstance(value, Mapping) or value.get("name") not in _REGULARIZERS:
        raise ValueError("a regulariser that Keras 2 does not have")
    return {"class_name": "L1L2", "config": {key: value.get(key, 0.0) for key in ("l1", "l2")}}


def constraint(value: Any) -> Any:
    """`{"name": "MaxNorm", "m": 2, "axis": 0}` as Keras 2 has it. Raises ValueError at another."""
    if value is None:
        return None
    found = _CONSTRAINTS.get(str(value.get("name"))) if isinstance(value, Mapping) else None
    if found is None:
        raise ValueError("a constraint that Keras 2 does not have")
    name, keys = found
    return {"class_name": name, "config": {new: value[old] for old, new in keys.items() if old in value}}
