"""Negative sizes as intermediate results: `-(-n // 4)` and `(-n) % 4` are how programs round up.

No vector of ones has a negative length, so a negative size holds the positive one, and arithmetic is done on that.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any


def positively(function: Callable[[Any, Any], Any], a: Any, b: Any) -> Any:
    """`function(a, b)` computed without negative sizes; `NotImplemented` if there is none, or it cannot be."""
    of_a, of_b = positive(a), positive(b)
    way = _WAYS.get((function, of_a is not None, of_b is not None))
    return NotImplemented if way is None else way(a if of_a is None else of_a, b if of_b is None else of_b)


def positive(value: Any) -> Any:
    """The positive of a negative number; None for one that is not negative."""
    if isinstance(value, int):
        return -value if value < 0 else None
    return value.minus


def _rounded_up(a: Any, b: Any) -> Any:
    return -((a + (b - 1)) // b)


# The same function of the positives of `a` and `b`, by whether the first and the second are negative.
_WAYS: dict[tuple[Any, bool, bool], Callable[[Any, Any], Any]] = {
    (operator.add, True, False): lambda a, b: b - a,
    (operator.add, False, True): operator.sub,
    (operator.add, True, True): lambda a, b: -(a + b),
    (operator.sub, True, False): lambda a, b: -(a + b),
    (operator.sub, False, True): operator.add,
    (operator.sub, True, True): lambda a, b: b - a,
    (operator.mul, True, False): lambda a, b: -(a * b),
    (operator.mul, False, True): lambda a, b: -(a * b),
    (operator.mul, True, True): operator.mul,
    (operator.floordiv, True, False): _rounded_up,
    (operator.floordiv, False, True): _rounded_up,
    (operator.floordiv, True, True): operator.floordiv,
}
