"""The values in a config of Keras 2.15: dtypes, plain data, and objects, whose kind follows from module or key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Keys every layer has; what they say is in `Spec` itself, or in the graph.
BASE_KEYS = frozenset({"name", "trainable", "dtype", "batch_input_shape"})

_KIND_OF_SUFFIX = {"activation": "activations", "initializer": "initializers"}
_KIND_OF_KEY = {
    "inner_optimizer": "optimizers",
    "learning_rate": "optimizers.schedules",
    "metric": "metrics",
    "optimizer": "optimizers",
}
_KIND_OF_MODULE = {
    "keras.optimizers.experimental": "optimizers",
    "keras.optimizers.legacy": "legacy_optimizers",
    "keras.optimizers.schedules": "optimizers.schedules",
    "keras.src.mixed_precision.loss_scale_optimizer": "optimizers",
}


def kind_of(key: str, value: Mapping[str, Any]) -> str:
    """The public namespace of the value under a key, such as `layers`; `legacy_optimizers` have one of their own."""
    module = str(value.get("module") or "")
    if module in _KIND_OF_MODULE:
        return _KIND_OF_MODULE[module]
    if module.startswith("keras.") and module.count(".") == 1:
        return module.split(".")[1]
    if key in _KIND_OF_KEY:
        return _KIND_OF_KEY[key]
    suffix = key.rsplit("_", 1)[-1]
    return _KIND_OF_SUFFIX.get(suffix, suffix + "s" if suffix in ("regularizer", "constraint") else "layers")


def dtype_name(value: Any) -> str | None:
    """The name of a dtype or of a mixed-precision policy, which Keras 3 takes under the same name."""
    if isinstance(value, Mapping):
        return str(value["config"]["name"])
    return None if value is None else str(value)


def plain(value: Any) -> Any:
    """Values as JSON has them: Keras 2.15 marks tuples, arrays and tensors with pseudo classes."""
    if isinstance(value, Mapping):
        if value.get("class_name") == "__tuple__":
            return [plain(item) for item in value["items"]]
        if value.get("class_name") in ("__numpy__", "__tensor__"):
            return plain(value["config"]["value"])
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value
