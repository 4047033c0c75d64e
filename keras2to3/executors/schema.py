"""Checks of JSON values, built of smaller ones. Types are exact, so that a bool is no number, and all is bounded."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from interchange.messages import limits
from interchange.messages.message import Message, columns
from interchange.text import has_controls

Check = Callable[[Any], bool]
"""Tells whether a value is as it has to be. It never raises, whatever the value is."""


def text(longest: int) -> Check:
    """A string of at most so many characters."""
    return lambda value: type(value) is str and len(value) <= longest


def matching(check: Check, holds: Callable[[Any], bool]) -> Check:
    """What passes `check`, and for which `holds` is true."""
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
    """An object of at most so many entries; the keys pass `key`, the values `item`."""
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


def is_json(value: Any) -> bool:
    """Whatever JSON can hold: its size and depth are bounded with the answer it is in."""
    return value is None or type(value) in (bool, int, float, str, list, dict)


def message(cls: type[Message]) -> Check:
    """An object with the fields of a message, each of its type and within its limits."""

    @functools.cache
    def fields_check() -> Check:  # made when it is needed: most commands meet few of the messages
        known = columns(cls)
        required = {key: check_of(column.hint) for key, column in known.items() if not column.optional}
        # A key that may be left out is never null.
        optional = {key: check_of(get_args(column.hint)[0]) for key, column in known.items() if column.optional}
        return record(required, optional)

    return lambda value: fields_check()(value)  # noqa: PLW0108  (which makes it at the first call)


def check_of(hint: Any) -> Check:
    """The check of a field by its type. Raises TypeError for a type that sets no limit."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _limited(inner[0], inner[1:])
    if origin is Union:
        return either(*map(check_of, inner))
    if isinstance(hint, type) and issubclass(hint, Message):
        return message(hint)
    if hint not in _PLAIN:
        raise TypeError(f"{hint} has no limit")
    return _PLAIN[hint]


_PLAIN: Mapping[Any, Check] = {bool: truth, int: whole(), float: number(), type(None): nothing, Any: is_json}


def _limited(hint: Any, marks: tuple[Any, ...]) -> Check:
    """The check of a text, a list or an object, all of which have a length, and of whatever else is marked."""
    length = next((mark for mark in marks if isinstance(mark, limits.Length)), limits.Length(limits.LONGEST_TEXT))
    origin, inner = get_origin(hint), get_args(hint)
    if hint is float:
        return number(-math.inf)
    if hint is str:
        checks = [_text_check(mark) for mark in marks if not isinstance(mark, limits.Length)]
        return matching(text(length.most), lambda value: all(check(value) for check in checks))
    if origin is tuple:
        return rows(check_of(inner[0]), length.most, length.least)
    if origin is Mapping:
        return table(check_of(inner[0]), check_of(inner[1]), length.most)
    raise TypeError(f"{hint} takes no limits")


def _text_check(mark: Any) -> Check:
    if isinstance(mark, limits.Pattern):
        return lambda value: re.fullmatch(mark.regex, value, re.ASCII) is not None
    if isinstance(mark, limits.OneOf):
        return one_of(*mark.values)
    return str.isidentifier if isinstance(mark, limits.Identifier) else lambda value: not has_controls(value)
