"""Strict JSON: no NaN, no duplicate keys, bounded nesting, and the same bytes for the same value."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

MAX_DEPTH = 200  # recursion over a document stays far below Python's limit of 1000 frames
_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"


def dump(value: Any) -> bytes:
    """One line of ASCII with sorted keys. ASCII is UTF-8, and a lone surrogate in a name survives as an escape.

    Raises ValueError for NaN, infinities and deep nesting, TypeError for what JSON cannot express.
    """
    try:
        text = json.dumps(value, sort_keys=True, allow_nan=False, separators=(",", ":"))
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    _refuse_depth(value)
    return text.encode("ascii") + b"\n"


def parse(data: bytes) -> Any:
    """The value of a UTF-8 document. Raises ValueError, and nothing else, for whatever is not strict JSON."""
    try:
        value = json.loads(
            data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_refuse_constant, parse_float=_finite
        )
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    _refuse_depth(value)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"duplicate key {key!r}")
        found[key] = value
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text} does not fit a float64")
    return value


def _refuse_depth(value: Any) -> None:
    level, depth = [value], 0
    while level := [child for node in level for child in _children(node)]:
        depth += 1
        if depth > MAX_DEPTH:
            raise ValueError(_TOO_DEEP)


def _children(node: Any) -> list[Any]:
    if isinstance(node, dict):
        return list(node.values())
    return list(node) if isinstance(node, (list, tuple)) else []
