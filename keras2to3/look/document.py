"""JSON from a file nobody vouches for: duplicate keys, absurd depth and absurd size are errors, NaN is not."""

from __future__ import annotations

import json
from typing import Any

MAX_CHARACTERS = 32 << 20
MAX_DEPTH = 128
"""A model within a model within a wrapper takes about six levels each; the deepest file we met has 21."""


class NotWellFormed(ValueError):
    """The text is no JSON object that a Keras model could have written; the message says why."""


def parse(text: str) -> dict[str, Any]:
    """Parse one JSON object. Real files hold NaN and Infinity, which Python's JSON reads."""
    if len(text) > MAX_CHARACTERS:
        raise NotWellFormed(f"it has {len(text):,} characters, more than {MAX_CHARACTERS:,}")
    try:
        value = json.loads(text, object_pairs_hook=_unique)
    except RecursionError:
        raise NotWellFormed(f"it is nested deeper than {MAX_DEPTH} levels") from None
    except json.JSONDecodeError as error:
        raise NotWellFormed(f"it is no JSON: {error.msg} at character {error.pos}") from None
    if not isinstance(value, dict):
        raise NotWellFormed(f"it is a {type(value).__name__}, not an object")
    _require_shallow(value)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers may take different ones of two equal keys, so what was checked need not be what is loaded."""
    unique = dict(pairs)
    if len(unique) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise NotWellFormed(f"the key {twice[:40]!r} stands twice in one object")
    return unique


def _require_shallow(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in _children(parent)]
        if not level:
            return
    raise NotWellFormed(f"it is nested deeper than {MAX_DEPTH} levels")


def _children(parent: Any) -> list[Any]:
    inner = parent.values() if isinstance(parent, dict) else parent
    return [child for child in inner if isinstance(child, (dict, list))]


def short(value: object, length: int = 80) -> str:
    """A value of any length as a text that fits a line of a report."""
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= length else f"{text[: length - 1]}…"
