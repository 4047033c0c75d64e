"""The values in a config of Keras 3: dtypes, plain data, and what its serializer marks with pseudo classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

# Keys every layer may have; what they say is in `Spec` itself, or in the graph.
BASE_KEYS = frozenset({"name", "trainable", "dtype", "batch_shape", "batch_input_shape", "autocast"})

TENSOR = "__keras_tensor__"
_POLICIES = frozenset({
    "float16", "float32", "float64", "bfloat16", "mixed_float16", "mixed_bfloat16", "int8", "int16", "int32", "int64",
    "uint8", "uint16", "uint32", "uint64", "bool", "string",
})  # fmt: skip


class UnknownDtypeError(ValueError):
    """A dtype policy that Keras 2.15 does not have."""


def dtype_of(value: Any) -> str | None:
    """The name that Keras 2.15 has for a dtype or a policy. Raises `UnknownDtypeError` where it has none."""
    name = _policy(value)
    if name is not None and name not in _POLICIES:
        raise UnknownDtypeError(f"Keras 2.15 has no dtype policy {name}")
    return name


def _policy(value: Any) -> str | None:
    if not isinstance(value, Mapping):
        return None if value is None else str(value)
    config = value.get("config") or {}
    if value.get("class_name") == "DTypePolicyMap":
        if config.get("policy_map"):
            raise UnknownDtypeError("Keras 2.15 has one dtype policy for a layer and all in it, and no map of policies")
        return _policy(config.get("default_policy"))
    if value.get("class_name") not in ("DTypePolicy", "FloatDTypePolicy", "Policy"):
        raise UnknownDtypeError(f"Keras 2.15 has no {value.get('class_name')}")
    return str(config["name"])


def plain(value: Any) -> Any:
    """Values as Keras 2.15 takes them: Keras 3 marks arrays, slices and tuples with pseudo classes."""
    if isinstance(value, Mapping):
        marked = _MARKED.get(str(value.get("class_name")))
        if marked is not None and "config" in value:
            return marked(value["config"])
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value


def _array(config: Mapping[str, Any]) -> Any:
    return np.asarray(config["value"], config["dtype"])


def _slice(config: Mapping[str, Any]) -> Any:
    return slice(*(plain(config[key]) for key in ("start", "stop", "step")))


_MARKED: Mapping[str, Any] = {
    "__numpy__": _array,
    "__tensor__": _array,
    "__slice__": _slice,
    "__ellipsis__": lambda _: Ellipsis,
    "__tuple__": lambda config: tuple(plain(item) for item in config["value"]),
    "__bytes__": lambda config: str(config["value"]).encode("utf-8"),
}


def in_config(value: Any) -> Any:
    """A value for a constructor of Keras 2.15, whose configs hold plain lists only."""
    value = plain(value)
    return value.tolist() if isinstance(value, np.ndarray) else value
