"""Decodes the table of line numbers of a function, which also tells some Pythons apart."""

from __future__ import annotations

import bisect
from collections.abc import Callable, Iterator

from bytecode.reading.code_objects import Compiled
from bytecode.reading.decode import version
from bytecode.refusals import Unreadable

Spans = Iterator[tuple[int, int]]  # how many bytes, and by how many lines the line moved before them
_UNKNOWN = -128


def lines(compiled: Compiled, python: str) -> Callable[[int], int | None]:
    """A function from the byte of an instruction to its line. Raises `Unreadable` for a table of another Python."""
    table = compiled.lines
    if version(python) >= (3, 11):
        starts = _locations(compiled, python)
    elif len(table) % 2:
        raise Unreadable("the table of lines ends within an entry")
    else:
        starts = (_ranges if python == "3.10" else _steps)(compiled, python)
    places = [place for place, _ in starts]
    return lambda place: starts[max(bisect.bisect_right(places, place) - 1, 0)][1]


def _steps(compiled: Compiled, python: str) -> list[tuple[int, int | None]]:
    """Up to 3.9: pairs of a step in bytes and one in lines; since 3.6 the one in lines may be negative."""
    place, line = 0, compiled.firstlineno
    starts: list[tuple[int, int | None]] = [(0, line)]
    for far, change in zip(compiled.lines[::2], compiled.lines[1::2]):
        place += far
        line += change - 256 if change >= 128 and version(python) >= (3, 6) else change
        starts.append((place, line))
    if place >= len(compiled.code):
        raise Unreadable("the table of lines is longer than the code")
    return starts


def _ranges(compiled: Compiled, _: str) -> list[tuple[int, int | None]]:
    """3.10: pairs that cover the code to its last byte."""
    place, line = 0, compiled.firstlineno
    starts: list[tuple[int, int | None]] = []
    for size, change in zip(compiled.lines[::2], compiled.lines[1::2]):
        moved = change - 256 if change >= 128 else change
        line += 0 if moved == _UNKNOWN else moved
        starts.append((place, None if moved == _UNKNOWN else line))
        place += size
    return _covering(compiled, starts, place)


def _locations(compiled: Compiled, _: str) -> list[tuple[int, int | None]]:
    """Since 3.11: entries of a kind, a number of instructions, and columns."""
    place, line = 0, compiled.firstlineno
    starts: list[tuple[int, int | None]] = []
    table = iter(compiled.lines)
    for first in table:
        kind = first >> 3 & 15
        if not first & 0x80:
            raise Unreadable("the table of lines is broken")
        line += _moved(kind, table)
        starts.append((place, None if kind == 15 else line))
        place += 2 * ((first & 7) + 1)
    return _covering(compiled, starts, place)


def _covering(compiled: Compiled, starts: list[tuple[int, int | None]], end: int) -> list[tuple[int, int | None]]:
    if end != len(compiled.code) or not starts:
        raise Unreadable(f"the table of lines covers {end} of {len(compiled.code)} bytes")
    return starts


def _moved(kind: int, table: Iterator[int]) -> int:
    """By how many lines an entry moves; its columns are skipped."""
    if kind < 10:
        next(table, None)
        return 0
    if kind < 13:
        next(table, None), next(table, None)
        return kind - 10
    moved = 0 if kind == 15 else _number(table)
    for _ in range(3 if kind == 14 else 0):
        _number(table)
    return moved >> 1 if not moved & 1 else -(moved >> 1)


def _number(table: Iterator[int]) -> int:
    """A number in groups of six bits, the lowest first."""
    total, place = 0, 0
    for byte in table:
        total |= (byte & 63) << place
        if not byte & 64 or place > 30:
            break
        place += 6
    return total
