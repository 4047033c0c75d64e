"""Functions that a user gives for layers nobody can translate: which file, which function, and the digest agreed to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from interchange.errors import Failure, Problem, refused
from interchange.messages.limits import Text
from interchange.messages.message import Message
from interchange.user_files import user_file

REPLACEABLE = frozenset({"Lambda", "TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer"})
"""Classes that stand for a function alone."""


def old_name(function: object) -> str:
    """What an operator is called in a file that has it as it was: `eq` for `__operators__.eq`."""
    return str(function).rpartition(".")[2]


def way_out(layer: str) -> str:
    """What to do about a function that cannot be translated."""
    return f"Replace it by a function that uses keras.ops: `--replace {layer or 'layer'}=file.py:function`."


@dataclass(frozen=True)
class Replacement(Message):
    """`function` of the file at the absolute path `file`, to stand for `layer`; `sha256` is that of the file."""

    layer: Text
    file: Text
    function: Text
    sha256: Text

    @property
    def place(self) -> str:
        """File and function in messages."""
        return f"{Path(self.file).name}:{self.function}"

    def run_file(self, class_name: str) -> dict[str, Any]:
        """Run the file and return what it defines.

        Raises `Failure`: `USAGE` where it is no longer the file that was named, `REFUSED` where it does not run.
        """
        try:
            return user_file.run(self.file, self.sha256)
        except user_file.BrokenFileError as error:
            raise self.refusal(class_name, str(error)) from error

    def refusal(self, class_name: str, text: str, unblock: str | None = None) -> Failure:
        """A refusal of this replacement."""
        problem = Problem(self.layer, class_name, text, "replace", self.place, unblock)
        return refused([problem], str(problem))


def by_path(rows: Mapping[str, Mapping[str, str]]) -> dict[str, Replacement]:
    """Replacements by the path of the layer, as a request carries them."""
    return {path: Replacement.from_json(row) for path, row in rows.items()}
