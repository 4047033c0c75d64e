"""The text of a JSON object without one of its members, which then no parser has to get through."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

_MARK = re.compile(r'\\.|["\[\]{},]', re.DOTALL)
_COLON = re.compile(r"\s*:\s*")


def without(text: str, key: str) -> str:
    """The object with null for each member `key` of its own, however deep the value is.

    What is no JSON is given back with its faults, which a parser finds.
    """
    pieces, taken, depth = [], 0, 0
    value: int | None = None  # where the one begins that is left out
    for start, end in _tokens(text):
        sign = text[start:end]
        if value is not None and depth == 1 and sign in (",", "}"):
            pieces += [text[taken:value], "null"]
            taken, value = start, None
        depth += (sign in ("[", "{")) - (sign in ("]", "}"))
        if value is None and depth == 1 and sign[0] == '"' and (colon := _COLON.match(text, end)):
            value = colon.end() if _is(sign, key) else None
    return "".join([*pieces, text[taken:]])


def _tokens(text: str) -> Iterator[tuple[int, int]]:
    """Where the brackets, commas and quoted texts are."""
    opened: int | None = None
    for mark in _MARK.finditer(text):
        if mark[0] == '"':
            if opened is not None:
                yield opened, mark.end()
            opened = mark.start() if opened is None else None
        elif opened is None:
            yield mark.span()


def _is(quoted: str, key: str) -> bool:
    """Whether a text in quotes is the key."""
    try:
        return bool(json.loads(quoted) == key)
    except ValueError:
        return False
