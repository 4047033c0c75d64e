"""Numbers that JSON does not know, in documents: NaN and the infinities as objects of one key."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

_KEY = "__float__"
_SPELLED = frozenset({"nan", "inf", "-inf"})


def spelled(value: Any) -> Any:
    """A document without NaN and infinities: NaN is {"__float__": "nan"}."""
    if isinstance(value, float) and not math.isfinite(value):
        return {_KEY: repr(value)}
    if isinstance(value, dict):
        return {key: spelled(item) for key, item in value.items()}
    return [spelled(item) for item in value] if isinstance(value, list) else value


def read(value: Any) -> Any:
    """The document that was spelled."""
    if isinstance(value, dict):
        if value.keys() == {_KEY} and value[_KEY] in _SPELLED:
            return float(value[_KEY])
        return {key: read(item) for key, item in value.items()}
    return [read(item) for item in value] if isinstance(value, list) else value


def finite(value: Any) -> Any:
    """A document in which null stands for NaN and infinities: nobody knows the distance of what cannot be compared."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    return [finite(item) for item in value] if isinstance(value, (list, tuple)) else value
