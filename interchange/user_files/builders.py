"""A function of the user's that builds a model: which file, which function, and the digest agreed to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from interchange.errors import Exit, Failure, Problem
from interchange.messages.limits import Text
from interchange.messages.message import Message
from interchange.user_files import user_file


@dataclass(frozen=True)
class Builder(Message):
    """`function` of the file at the absolute path `file`, called without arguments; `sha256` is that of the file."""

    file: Text = field(metadata={"key": "path"})
    function: Text
    sha256: Text

    @property
    def place(self) -> str:
        """File and function in messages."""
        return f"{Path(self.file).name}:{self.function}"

    def call(self) -> Any:
        """What the function returns. Raises `Failure`: `USAGE` for a file that has changed, `REFUSED` if it raises."""
        try:
            function = user_file.run(self.file, self.sha256)[self.function]
            return function()
        except user_file.BrokenFileError as error:
            raise self.refusal(str(error)) from error
        except Failure:
            raise
        except (Exception, SystemExit) as error:  # whatever a user's function raises is an answer
            raise self.refusal(user_file.told(self.file, error)) from error

    def refusal(self, text: str, unblock: str | None = None) -> Failure:
        """A refusal of this function."""
        problem = Problem("", "function", text, "architecture", self.place, unblock)
        return Failure(Exit.REFUSED, f"{self.place}: {text}", unblock, (problem,))
