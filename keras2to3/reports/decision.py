"""What the user's policy decides on a source, as it stands in a report."""

from __future__ import annotations

from dataclasses import dataclass

from interchange.messages.message import Message


@dataclass(frozen=True)
class Decision(Message):
    """The rules that decided, as in `allow refused:Lambda`, and the exit code by them."""

    rules: tuple[str, ...]
    exit_code: int

    def __str__(self) -> str:
        return f"{', '.join(self.rules)}: exit code {self.exit_code}"
