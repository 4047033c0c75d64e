"""What a `model.json` of TensorFlow.js says: the architecture, and where each weight lies in the shards beside it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

STORED = {
    "float32": "float32", "int32": "int32", "bool": "bool", "float16": "float16", "uint8": "uint8", "uint16": "uint16",
}  # fmt: skip
"""The dtypes in which numbers may lie in a shard, in the words of NumPy."""

_RANK, _SIZE = 32, 1 << 40
_MEANT = frozenset({"float32", "int32", "bool"})
MOST = 50_000
"""Weights of a model."""


@dataclass(frozen=True)
class TfjsWeight:
    """A weight by its name, of `dtype` and `shape`, stored as `stored`: a quantised one counts `scale` from `low`."""

    name: str
    shape: tuple[int, ...]
    dtype: str
    stored: str
    scale: float = 1.0
    low: float = 0.0

    @property
    def bytes(self) -> int:
        """What it has in its shards."""
        return math.prod(self.shape) * np.dtype(STORED[self.stored]).itemsize

    def meant(self, stored: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """What TensorFlow.js makes of stored numbers: it computes in float64 and rounds once."""
        if self.stored == self.dtype:
            return stored
        if self.stored == "float16":
            return stored.astype(self.dtype)
        value = stored.astype("float64") * self.scale + self.low
        return (np.floor(value + 0.5) if self.dtype == "int32" else value).astype(self.dtype)


def topology_of(told: Mapping[str, Any]) -> dict[str, Any] | None:
    """The architecture with the version of its Keras, as `to_json` gives it; None for what holds no layers."""
    topology = told.get("modelTopology")
    if not isinstance(topology, dict):
        return None
    model = topology.get("model_config", topology)
    if not isinstance(model, dict) or not {"class_name", "config"} <= model.keys():
        return None
    about = {key: topology[key] for key in ("keras_version", "backend") if key in topology}
    return {**about, "class_name": model["class_name"], "config": model["config"]}


def manifest_of(told: Mapping[str, Any]) -> list[tuple[list[str], list[TfjsWeight]]]:
    """The groups of weights: the names of its files, one after the other, and what lies in them. Raises ValueError."""
    groups = told.get("weightsManifest")
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        raise ValueError("no list of groups")
    found = [(group.get("paths"), group.get("weights")) for group in groups]
    if not all(isinstance(each, list) for pair in found for each in pair):
        raise ValueError("a group without paths or weights")
    if sum(len(weights) for _, weights in found) > MOST:
        raise ValueError(f"more than {MOST:,} weights")
    made = [([_text(path) for path in paths], [_weight(row) for row in weights]) for paths, weights in found]
    names = [weight.name for _, weights in made for weight in weights]
    if len(names) > len(set(names)):
        raise ValueError("two weights of one name")
    return made


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"a name that is none: {str(value)[:40]}")
    return value


def _weight(row: Any) -> TfjsWeight:
    if not isinstance(row, dict):
        raise ValueError("a weight that is none")
    name, quantised = _text(row.get("name")), row.get("quantization") or {}
    if not isinstance(quantised, dict):
        raise ValueError(f"{name[:80]} is quantised by what is none")
    dtype = row.get("dtype")
    stored = quantised.get("dtype", dtype)
    if not (isinstance(dtype, str) and isinstance(stored, str)) or dtype not in _MEANT or stored not in STORED:
        raise ValueError(f"{name[:80]} is of dtype {str(dtype)[:20]}, stored as {str(stored)[:20]}")
    scale, low = (_number(quantised.get(key, usual), name) for key, usual in (("scale", 1.0), ("min", 0.0)))
    return TfjsWeight(name, _shape(row.get("shape"), name), dtype, stored, scale, low)


def _shape(sizes: Any, name: str) -> tuple[int, ...]:
    fits = isinstance(sizes, list) and len(sizes) <= _RANK
    if not fits or not all(type(size) is int and 0 <= size < _SIZE for size in sizes):
        raise ValueError(f"{name[:80]} has no shape")
    return tuple(sizes)


def _number(value: Any, name: str) -> float:
    if type(value) not in (int, float) or not math.isfinite(value):
        raise ValueError(f"{name[:80]} is quantised by no number")
    return float(value)
