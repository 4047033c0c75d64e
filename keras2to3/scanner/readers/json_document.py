"""JSON from an untrusted file: duplicate keys, excessive depth and excessive size are errors, NaN is not."""

from __future__ import annotations

import collections
import json
from collections.abc import Iterator, Mapping
from typing import Any

from interchange import json_members
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


class TooDeepError(NotWellFormedError):
    """The text is nested more deeply than anything that Keras writes."""

    def __init__(self) -> None:
        super().__init__(f"it is nested deeper than {MAX_DEPTH} levels", Policy.LIMITS)


def parse(text: str) -> dict[str, Any]:
    """Parse one JSON object. Real files hold NaN and Infinity, which Python's JSON reads."""
    value = _loaded(text)
    _require_well_formed(value)
    return value


def parse_apart(text: str, key: str) -> tuple[dict[str, Any], NotWellFormedError | None]:
    """Parse one JSON object in which the value of `key` may be ill-formed: then it is left out, and the error says why.

    Other readers of the same text may give up on the value, and have to leave it out before they parse it.
    """
    try:
        value = _loaded(text)
    except TooDeepError as error:
        rest = parse(json_members.without(text, key))
        return {name: item for name, item in rest.items() if name != key}, error
    rest = value if isinstance(value, _Repeated) else {name: item for name, item in value.items() if name != key}
    _require_well_formed(rest)
    try:
        _require_well_formed(value.get(key))
    except NotWellFormedError as error:
        return rest, error
    return value, None


_KINDS = {bool: "true or false", int: "a number", float: "a number", str: "a text", list: "a list"}


def no_object(value: Any) -> NotWellFormedError:
    """The error of a value from JSON that is another one than an object."""
    return NotWellFormedError(f"it is {_KINDS.get(type(value), 'null')}, not an object")


class _Repeated(dict[str, Any]):
    """An object in which a key occurs twice."""

    __slots__ = ("key",)
    key: str


def _loaded(text: str) -> dict[str, Any]:
    """A JSON object that may be too deep, and hold keys twice."""
    _require_small(text)
    try:
        value = json.loads(text, object_pairs_hook=_object)
    except RecursionError:
        raise TooDeepError from None
    except json.JSONDecodeError as error:
        raise NotJSONError(f"it is not JSON: {error.msg} at character {error.pos}") from None
    except ValueError as error:  # Python refuses integers of thousands of digits
        raise NotWellFormedError(short(str(error), 120)) from None
    if not isinstance(value, dict):
        raise no_object(value)
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


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    unique = dict(pairs)
    if len(unique) == len(pairs):
        return unique
    repeated = _Repeated(unique)
    ((repeated.key, _),) = collections.Counter(key for key, _ in pairs).most_common(1)
    return repeated


def _require_well_formed(value: Any) -> None:
    """Two readers may take different ones of two equal keys, so what was checked need not be what is loaded."""
    for level in _levels(value):
        if repeated := next((each for each in level if isinstance(each, _Repeated)), None):
            raise NotWellFormedError(f"the key {short(repeated.key, 40)!r} occurs twice in one object")


def _levels(value: Any) -> Iterator[list[Any]]:
    """The objects and lists of each level. Raises TooDeepError where there are more than `MAX_DEPTH`."""
    level = _containers([value])
    for _ in range(MAX_DEPTH):
        if not level:
            return
        yield level
        level = [child for parent in level for child in _containers(parent)]
    if level:
        raise TooDeepError


def _containers(parent: Any) -> list[Any]:
    inner = parent.values() if isinstance(parent, dict) else parent
    return [child for child in inner if isinstance(child, (dict, list))]
