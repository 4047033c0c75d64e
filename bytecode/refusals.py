"""The ways in which a foreign function stays unknown: its bytes cannot be read, or its body cannot be followed."""

from __future__ import annotations


class Unreadable(ValueError):
    """The bytes are no function that one known Python wrote."""


class Refused(ValueError):
    """The body does what cannot be followed; `name` is the instruction, function or attribute it stumbled on."""

    def __init__(self, text: str, name: str | None = None, line: int | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.name = name
        self.line = line

    def __str__(self) -> str:
        return f"{self.text} (line {self.line})" if self.line is not None else self.text

    def at(self, line: int | None) -> Refused:
        """The same refusal with the line it happened on, unless an inner function has told its own."""
        if self.line is None:
            self.line = line
        return self


class Unknown(Refused):
    """What nobody knows, or no model needs, is refused whatever the tensors are."""
