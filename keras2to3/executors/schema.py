"""What a value of JSON must look like, said as data: types are exact, so a bool is no number, and all is bounded."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

Check = Callable[[Any], bool]
"""Whether a value is what it has to be. It raises nothing, whatever it is given."""


def text(longest: int) -> Check:
    """A string of at most so many characters."""
    return lambda value: type(value) is str and len(value) <= longest


def matching(check: Check, holds: Callable[[Any], bool]) -> Check:
    """What passes `check`, and of which something `holds` besides."""
    return lambda value: check(value) and holds(value)


def whole(least: int = 0, most: int = (1 << 63) - 1) -> Check:
    """An integer between two bounds."""
    return lambda value: type(value) is int and least <= value <= most


def number(least: float = 0.0) -> Check:
    """A finite number that is not below `least`."""
    return lambda value: type(value) in (int, float) and math.isfinite(value) and value >= least


def truth(value: Any) -> bool:
    """A bool."""
    return type(value) is bool


def nothing(value: Any) -> bool:
    """None."""
    return value is None


def one_of(*values: Any) -> Check:
    """One of these values, and of its type: 1 is neither 1.0 nor True."""
    return lambda value: any(type(value) is type(each) and value == each for each in values)


def either(*checks: Check) -> Check:
    """What passes any of the checks."""
    return lambda value: any(check(value) for check in checks)


def maybe(check: Check) -> Check:
    """None, or what passes the check."""
    return either(nothing, check)


def rows(check: Check, most: int, least: int = 0) -> Check:
    """A list of so many items, each of which passes the check."""
    return lambda value: type(value) is list and least <= len(value) <= most and all(map(check, value))


def table(key: Check, item: Check, most: int) -> Check:
    """An object of at most so many entries, whose keys nobody can list."""
    return lambda value: (
        type(value) is dict and len(value) <= most and all(key(name) and item(each) for name, each in value.items())
    )


def record(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> Check:
    """An object with all of the `required` keys, perhaps some of the `optional` ones, and no others."""
    known = {**required, **(optional or {})}
    return lambda value: (
        type(value) is dict
        and required.keys() <= value.keys()
        and all(name in known and known[name](item) for name, item in value.items())
    )
