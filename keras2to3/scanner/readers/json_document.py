"""JSON from an untrusted file: duplicate keys, excessive depth and excessive size are errors, NaN is not."""

from __future__ import annotations

import collections
import json
from collections.abc import Iterator, Mapping
from typing import Any

from interchange.text import escaped
from keras2to3.scanner.policies import Policy

MAX_CHARACTERS = 32 << 20
MAX_ITEMS = 1_000_000
MAX_DEPTH = 128
"""The deepest file we met has 14; a model within a model within a wrapper takes about six levels each."""

_BITS = 4096  # of a number; Python itself writes none of more than 4300 digits


class NotWellFormedError(ValueError):
    """The text is no JSON object as Keras writes it; the message is the reason, and `policy` the violated one."""

    def __init__(self, text: str, policy: Policy = Policy.FORM) -> None:
        super().__init__(text)
        self.policy = policy


class NotJSONError(NotWellFormedError):
    """The text is no JSON at all."""


def parse(text: str) -> dict[str, Any]:
    """Parse one JSON object. Real files hold NaN and Infinity, which Python's JSON reads."""
    _require_small(text)
    try:
        value = json.loads(text, object_pairs_hook=_unique)
    except RecursionError:
        raise _too_deep() from None
    except NotWellFormedError:
        raise
    except json.JSONDecodeError as error:
        raise NotJSONError(f"it is not JSON: {error.msg} at character {error.pos}") from None
    except ValueError as error:  # Python refuses integers of thousands of digits
        raise NotWellFormedError(short(str(error), 120)) from None
    if not isinstance(value, dict):
        raise NotWellFormedError(f"it is a {type(value).__name__}, not an object")
    _require_shallow(value)
    return value


def decoded(text: bytes) -> str:
    """The text of a file in UTF-8. Raises NotWellFormedError."""
    try:
        return text.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise NotWellFormedError("it is not UTF-8") from None


def short(value: object, length: int = 80) -> str:
    """A value of any length as a text that fits a line of a report and cannot steer a terminal."""
    text = value if isinstance(value, str) else beginning(value, length)
    return escaped(text if len(text) <= length else f"{text[: length - 1]}…")


def beginning(value: object, length: int) -> str:
    """The beginning of what `repr` gives, and little more: all of it may be as long as the file, at every level."""
    text = ""
    for piece in _pieces(value, length):
        text += piece
        if len(text) > length:
            break
    return text


def _pieces(value: object, length: int) -> Iterator[str]:
    if isinstance(value, (str, bytes)):
        yield repr(value[: length + 1])
    elif isinstance(value, int) and value.bit_length() > _BITS:
        yield f"a number of {value.bit_length():,} bits"
    elif isinstance(value, Mapping):
        for number, (key, item) in enumerate(value.items()):
            yield ", " if number else "{"
            yield from _pieces(key, length)
            yield ": "
            yield from _pieces(item, length)
        yield "}" if value else "{}"
    elif isinstance(value, (list, tuple)):
        start, end = "[]" if isinstance(value, list) else "()"
        yield start
        for number, item in enumerate(value):
            yield ", " if number else ""
            yield from _pieces(item, length)
        yield f",{end}" if isinstance(value, tuple) and len(value) == 1 else end
    else:
        yield repr(value)


def _require_small(text: str) -> None:
    """A megabyte of empty lists would become a hundred: what parsing allocates is bounded before it starts."""
    items = sum(text.count(opener) for opener in "[{,")
    if len(text) > MAX_CHARACTERS or items > MAX_ITEMS:
        absurd = f"it has {len(text):,} characters and about {items:,} items, more than any model needs"
        raise NotWellFormedError(absurd, Policy.LIMITS)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Two readers may take different ones of two equal keys, so what was checked need not be what is loaded."""
    unique = dict(pairs)
    if len(unique) < len(pairs):
        (twice, _), *_ = collections.Counter(key for key, _ in pairs).most_common(1)
        raise NotWellFormedError(f"the key {short(twice, 40)!r} occurs twice in one object")
    return unique


def _require_shallow(value: Any) -> None:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [child for parent in level for child in _containers(parent)]
        if not level:
            return
    raise _too_deep()


def _containers(parent: Any) -> list[Any]:
    inner = parent.values() if isinstance(parent, dict) else parent
    return [child for child in inner if isinstance(child, (dict, list))]


def _too_deep() -> NotWellFormedError:
    return NotWellFormedError(f"it is nested deeper than {MAX_DEPTH} levels", Policy.LIMITS)
