"""Formats strings from values that are no tensors, within the budget."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bytecode.interpreter.arithmetic import plainly
from bytecode.interpreter.context import Context
from bytecode.refusals import Refused

# Widths of two digits at most: a larger one makes a string of gigabytes from a few bytes.
_SPEC = r"[-+ 0<>^]?\d{0,2}(?:\.\d{0,2})?"
_PERCENT = re.compile(rf"(?:[^%]|%%|%(?:\(\w+\))?{_SPEC}[sdirfgex])*", re.DOTALL)
_BRACES = re.compile(rf"(?:[^{{}}]|\{{\{{|\}}\}}|\{{\w*(?::{_SPEC}[sdfgex]?)?\}})*", re.DOTALL)
_AFTER_COLON = re.compile(rf"{_SPEC}[sdfgex]?")
_CONVERSIONS = (None, str, repr, ascii)


def percent(context: Context, template: Any, values: Any) -> str:
    """`template % values`."""
    if not isinstance(template, str) or not _PERCENT.fullmatch(template):
        raise Refused("unsupported formatting with %", "%")
    given = _plain(context, values)
    return _made(context, plainly("%", lambda: template % given))


def braces(context: Context, template: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """`template.format(...)`, without attributes or items of the values."""
    if not _BRACES.fullmatch(template):
        raise Refused("unsupported formatting of a string", "format")
    given, named = _plain(context, tuple(args)), _plain(context, dict(kwargs))
    return _made(context, plainly("format", template.format, *given, **named))


def piece(context: Context, value: Any, conversion: int, spec: Any) -> str:
    """The string for one expression of an f-string."""
    if not isinstance(spec, str) or not _AFTER_COLON.fullmatch(spec):
        raise Refused("unsupported formatting of a string", "FORMAT_VALUE")
    plain, convert = _plain(context, value), _CONVERSIONS[conversion]
    return _made(context, plainly("format", lambda: format(convert(plain) if convert else plain, spec)))


def joined(context: Context, parts: Sequence[Any]) -> str:
    """Concatenate strings."""
    if not all(isinstance(part, str) for part in parts):
        raise Refused("a join of values that are not strings", "join")
    context.budget.sized(sum(map(len, parts)))
    return "".join(parts)


def _plain(context: Context, value: Any) -> Any:
    """Check that a value can be formatted; containers are copied."""
    context.budget.walk(value)
    if isinstance(value, (list, tuple)):
        return tuple(_plain(context, item) for item in value)
    if isinstance(value, dict):
        return {name: _plain(context, item) for name, item in value.items()}
    if not isinstance(value, (str, int, float, type(None))):
        raise Refused(f"formatting of {type(value).__name__} as a string", "text")
    return value


def _made(context: Context, text: str) -> str:
    context.budget.sized(len(text))
    return text
