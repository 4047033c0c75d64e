"""Filters for the examples of convolutions, with small numbers that all differ."""

from __future__ import annotations

from typing import Any


def numbers(*shape: int) -> Any:
    """Nested lists of this shape."""
    if not shape:
        return 0.0
    span = 1
    for size in shape[1:]:
        span *= size
    return [_shifted(numbers(*shape[1:]), 0.37 * (place * span % 5) - 0.5 + 0.01 * place) for place in range(shape[0])]


def _shifted(values: Any, by: float) -> Any:
    return [_shifted(value, by * 1.1) for value in values] if isinstance(values, list) else round(values + by, 3)
