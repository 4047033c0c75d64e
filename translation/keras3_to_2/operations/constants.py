"""Constants in the config of a Keras 3 operation: arrays, slices and the like, as the file holds them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

_ARRAYS = frozenset({"__numpy__", "__tensor__"})


@dataclass(frozen=True)
class Constant:
    """An array: nested lists of numbers, and its dtype."""

    value: Any
    dtype: str

    @property
    def shape(self) -> tuple[int, ...]:
        """The sizes of its axes."""
        return np.shape(self.value)


def decoded(value: Any) -> Any:
    """A value of a config or call with `Constant`, `slice` and `...` in place of what stands for them in the file."""
    if isinstance(value, Mapping) and isinstance(value.get("config"), Mapping):
        name, config = value.get("class_name"), value["config"]
        if name in _ARRAYS:
            return Constant(config["value"], str(config["dtype"]))
        if name == "__slice__":
            return slice(*(config[key] for key in ("start", "stop", "step")))
        if name == "__ellipsis__":
            return ...
    if isinstance(value, Mapping):
        return {key: decoded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [decoded(item) for item in value]
    return value
