"""A verdict on one source: one line that fits a terminal of 80 columns, and the details below it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rich.cells import cell_len, set_cell_size

from interchange.text import escaped
from keras2to3.reports.statuses import STATUSES

WIDTH = 80
"""Columns that a line needs at most, as a rule; a reason that needs more stands on a line of its own."""

_STATUS = len("unchanged")
_NAME, _LEAST_NAME = 16, 8  # columns of a name that stay while facts can be left out, and where none can
_LONGEST_NAME = 3_000  # characters
_LONGEST_FACT = 200
_LONGEST = 4_000  # characters of a line
_GAP = "  "
# What GitHub and Azure take for commands in a log: `::` at the beginning of a line, `##[` and `##vso[` anywhere.
_COMMAND = re.compile(r"\A\s*::|##(?=\[|vso\[)")


def printable(line: str) -> str:
    """A line as it is printed: its beginning, in which nothing steers a terminal or a CI. The report has all of it."""
    return _COMMAND.sub(_apart, escaped(line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"))


def _apart(match: re.Match[str]) -> str:
    return " ".join(match[0])


@dataclass(frozen=True)
class Verdict:
    """What became of a source.

    `facts` are what somebody has to know, in few words each, the most important one first. `reason` is a sentence in
    their place. Lines of `details` follow, and with `--verbose` also those of `more`. `fails` tells that the
    user's policy does not accept it.
    """

    status: str
    name: str
    facts: Sequence[str] = ()
    reason: str = ""
    details: Sequence[str] = ()
    more: Sequence[str] = ()
    fails: bool = False

    def known_as(self, known_as: Callable[[str], str]) -> Verdict:
        """The same, with every text in it as `known_as` has it."""
        facts, details, more = (tuple(map(known_as, texts)) for texts in (self.facts, self.details, self.more))
        return Verdict(self.status, known_as(self.name), facts, known_as(self.reason), details, more, self.fails)

    def lines(self, columns: int | None = None, *, verbose: bool = False, coloured: bool = False) -> list[str]:
        """The lines for a terminal with so many columns; None for a file, which gets the whole name."""
        below = [*self.details, *(self.more if verbose else ())]
        name, reason = escaped(_middle(self.name, _LONGEST_NAME)), self.reason
        if reason and self._start + cell_len(f"{name}{_GAP}{reason}") > WIDTH:
            below, reason = [f"    {reason}", *below], ""
        text = printable(reason) if reason else _joined([printable(fact[:_LONGEST_FACT]) for fact in self.facts])
        if columns is not None:
            name, text = self._fitted(name, text, columns)
        line = f"{self._head(coloured)}{name}{_GAP if text else ''}{text}"
        return [line, *map(printable, below)]

    @property
    def _start(self) -> int:
        """The column in which the name begins."""
        return max(_STATUS, len(self.status)) + len(_GAP)

    def _head(self, coloured: bool) -> str:
        padding = " " * (self._start - len(self.status))
        style = STATUSES.get(self.status)
        status = f"\x1b[{style.colour}m{self.status}\x1b[0m" if coloured and style else escaped(self.status)
        return f"{status}{padding}"

    def _fitted(self, name: str, text: str, columns: int) -> tuple[str, str]:
        """The name shortened in the middle, then the text by its last facts, until both fit."""
        room = columns - self._start
        wanted = cell_len(text) + (len(_GAP) if text else 0)
        shown = _middle(name, max(min(_NAME, room), room - wanted))
        facts = [printable(fact[:_LONGEST_FACT]) for fact in self.facts]
        while text and len(facts) > 1 and cell_len(f"{shown}{_GAP}{text}") > room:
            facts = facts[:-1]
            text = f"{_joined(facts)}, …"
            shown = _middle(name, max(min(_LEAST_NAME, room), room - cell_len(text) - len(_GAP)))
        return shown, text


def _middle(text: str, columns: int) -> str:
    """A text without its middle where it takes more columns; the end of a path says more than its beginning."""
    if len(text) <= columns and cell_len(text) <= columns:
        return text
    end = _upto(text[: -columns - 1 : -1], (columns - 1) * 2 // 3)[::-1]
    return f"{_upto(text, columns - 1 - cell_len(end))}…{end}"


def _upto(text: str, columns: int) -> str:
    """The beginning of a text that takes no more columns."""
    return set_cell_size(text, max(columns, 0))[: len(text)].rstrip()  # it fills up what is shorter


def shortened(text: str, columns: int) -> str:
    """A text without its middle where it takes more columns, in which nothing steers the terminal."""
    return _middle(escaped(_middle(text, _LONGEST_NAME)), max(1, columns))


def _joined(facts: Sequence[str]) -> str:
    return ", ".join(facts)
