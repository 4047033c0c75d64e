"""A TOML file with the line of every key, which the parser of the standard library does not tell."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from keras2to3.config import LARGEST

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Key = tuple[object, ...]
"""The keys that lead to a value, and the index in a list: `("tool", "keras2to3", "model", 0, "match")`."""

_WORK = 1 << 19  # characters that may be parsed again to find lines; then the rest of the file has none
_STATEMENT = re.compile(r"""\s*(\[|#|\Z|(?:[\w.\s-]|"[^"]*"|'[^']*')*=)""")  # the first line after another one
_WHERE = re.compile(r"(.*) \(at (?:line (\d+), column \d+|end of document)\)\Z", re.DOTALL)


class Problem(NamedTuple):
    """What is wrong with a configuration, and in which line; None where that is not known."""

    path: Path
    line: int | None
    text: str

    def __str__(self) -> str:
        return f"{self.path}{'' if self.line is None else f':{self.line}'}: {self.text}"


class InvalidError(Exception):
    """Every problem of a configuration."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = problems


@dataclass(frozen=True)
class Document:
    """The content of a file: its text, and the tables and values in it."""

    path: Path
    text: str = field(repr=False)
    content: Mapping[str, Any]

    @classmethod
    def read(cls, path: Path) -> Document:
        """Raises `InvalidError` for what cannot be read, is no TOML or no UTF-8, or is too large."""
        text = _text(path)
        try:
            return cls(path, text, tomllib.loads(text))
        except RecursionError:
            raise InvalidError(Problem(path, None, "is nested too deeply")) from None
        except ValueError as error:
            said = _WHERE.match(str(error))
            what, line = (said[1], int(said[2] or text.count("\n") + 1)) if said else (str(error), None)
            raise InvalidError(Problem(path, line, f"is not TOML: {what}")) from None

    def line(self, key: Key) -> int | None:
        """The line of a key, or of the table or list around it; None if it is not known."""
        while key and key not in self._lines:
            key = key[:-1]
        return self._lines.get(key)

    @cached_property
    def _lines(self) -> Mapping[Key, int]:
        return _lines(self.text)


def _text(path: Path) -> str:
    try:
        if not path.is_file():  # a pipe would block
            raise InvalidError(Problem(path, None, "is not a file"))
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise InvalidError(Problem(path, None, f"cannot be read: {reason}")) from None
    if len(content) > LARGEST:
        raise InvalidError(Problem(path, None, f"is larger than {LARGEST >> 20} MiB, so it is no configuration"))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidError(Problem(path, line, "is not UTF-8")) from None


def _lines(text: str) -> dict[Key, int]:
    """The line of each key. Each statement is parsed alone, which tells its key."""
    found: dict[Key, int] = {}
    tables: dict[Key, int] = {}  # how many tables there are of each `[[name]]`
    table: Key = ()
    for line, is_header, statement in _statements(text):
        key = _only_key(statement)
        if is_header:
            is_list = isinstance(_at(statement, key), list)
            table = _placed(key[:-1], tables) + key[-1:]
            if is_list:
                tables[table] = tables.get(table, 0) + 1
            table = _placed(key, tables)
            key = ()
        whole = (*table, *key)
        for length in range(1, len(whole) + 1):
            found.setdefault(whole[:length], line)
    return found


def _statements(text: str) -> Iterator[tuple[int, bool, Mapping[str, Any]]]:
    """The first line of each statement, whether it is the header of a table, and what it says when it stands alone.

    The end of a value in several lines is where the text parses. Comments say nothing.
    """
    lines, work = [*text.replace("\r\n", "\n").split("\n"), ""], _WORK
    begun = 0
    for number in range(len(lines) - 1):
        if not _STATEMENT.match(lines[number + 1]):
            continue
        chunk = "\n".join(lines[begun : number + 1])
        work -= len(chunk)
        if work < 0:
            return
        try:
            statement = tomllib.loads(chunk)
        except (ValueError, RecursionError):  # it goes on
            continue
        if statement:
            first = next(i for i in range(begun, number + 1) if lines[i].strip()[:1] not in ("", "#"))
            yield first + 1, lines[first].lstrip().startswith("["), statement
        begun = number + 1


def _only_key(statement: Mapping[str, Any]) -> Key:
    """The keys of a statement, each the only one of its table. In a table within a line, only the first counts."""
    key: list[object] = []
    value: Any = statement
    while isinstance(value, Mapping) and value:
        name = next(iter(value))
        key.append(name)
        value = value[name] if len(value) == 1 else None
    return tuple(key)


def _at(statement: Mapping[str, Any], key: Key) -> Any:
    value: Any = statement
    for name in key:
        value = value[name]
    return value


def _placed(key: Key, tables: Mapping[Key, int]) -> Key:
    """The keys to a table with the index of the last one in each list on the way."""
    placed: Key = ()
    for name in key:
        placed = (*placed, name)
        if placed in tables:
            placed = (*placed, tables[placed] - 1)
    return placed
