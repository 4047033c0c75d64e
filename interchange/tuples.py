"""Tuples and shapes as Keras writes them beside a SavedModel, where JSON has neither."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_CLASSES = ("__tuple__", "TensorShape")


def listed(value: Any) -> Any:
    """A value from JSON with lists in their places, at any depth, as every other file of Keras has them."""
    if isinstance(value, Mapping):
        if value.get("class_name") in _CLASSES and "items" in value:
            return listed(value["items"])
        return {key: listed(item) for key, item in value.items()}
    return [listed(item) for item in value] if isinstance(value, list) else value
