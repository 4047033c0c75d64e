"""Reads functions as Keras 1 to 2.15 store them in the config of a Lambda layer."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bytecode.code import Code
from bytecode.reading.read import read
from bytecode.refusals import Unreadable
from interchange.tuples import listed

_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+(={1,2}\s*)?")  # marshalled bytes themselves always hold other characters


@dataclass(frozen=True)
class Stored:
    """A function with its defaults and the values of its closure."""

    code: Code
    defaults: tuple[Any, ...]
    closure: tuple[Any, ...]


def unpack(function: Any) -> Stored:
    """Read `[code, defaults, closure]`, `{"class_name": "__lambda__", ...}` or the code alone. Raises `Unreadable`."""
    function = listed(function)
    if isinstance(function, Mapping):
        config = function.get("config")
        if function.get("class_name") != "__lambda__" or not isinstance(config, Mapping):
            raise Unreadable("the function is stored in an unknown form")
        function = [config.get(key) for key in ("code", "defaults", "closure")]
    parts = [function] if isinstance(function, str) else function
    if not isinstance(parts, Sequence) or not 1 <= len(parts) <= 3:
        raise Unreadable("the function is stored in an unknown form")
    text, defaults, closure = (*parts, None, None)[:3]
    code = read(marshalled_bytes(text))
    return Stored(code, _values(defaults, code.argcount), _values(closure, len(code.freevars)))


def name_of(function: Any) -> str | None:
    """The name of a stored function; None where it has none, or cannot be read."""
    try:
        name = unpack(function).code.name
    except Unreadable:
        named = function.get("config") if isinstance(function, Mapping) else function
        return named if isinstance(named, str) and named.isidentifier() else None
    return name if name.isidentifier() else None


def marshalled_bytes(text: Any) -> bytes:
    """The bytes of a stored function: base64 since Keras 2.1, before that the bytes as characters."""
    if not isinstance(text, str):
        raise Unreadable("the function is stored in an unknown form")
    if not _BASE64.fullmatch(text):
        return text.encode("raw_unicode_escape", "surrogatepass")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError as error:
        raise Unreadable(f"the function is not base64: {error}") from None


def _values(values: Any, most: int) -> tuple[Any, ...]:
    if values is None:
        return ()
    if not isinstance(values, Sequence) or isinstance(values, str) or len(values) > most:
        raise Unreadable("the function's defaults or closure do not fit it")
    return tuple(values)
