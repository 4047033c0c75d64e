"""The errors of this package: bytes that cannot be read, and functions that cannot be interpreted."""

from __future__ import annotations


class Unreadable(ValueError):
    """The bytes are not a function that a known Python compiled."""


class Refused(ValueError):
    """The function cannot be interpreted; `name` is the instruction, function or attribute that is not supported."""

    def __init__(self, text: str, name: str | None = None, line: int | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.name = name
        self.line = line

    def __str__(self) -> str:
        return f"{self.text} (line {self.line})" if self.line is not None else self.text

    def at(self, line: int | None) -> Refused:
        """Add the line of the source, unless an inner function has added its own."""
        if self.line is None:
            self.line = line
        return self


class Unknown(Refused):
    """The function cannot be interpreted whatever its arguments are."""
