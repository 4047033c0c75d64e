"""Functions that a user gives for layers nobody can translate: which file, which function, and the digest agreed to."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from interchange.errors import Exit, Failure, Problem, refused

REPLACEABLE = frozenset({"Lambda", "TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer"})
"""Classes that stand for a function alone."""

_MODULE = "replacement"  # what a file is called while it runs: no name that Keras would take for its own


def way_out(layer: str) -> str:
    """What to do about a function that cannot be translated."""
    return f"Give a function on keras.ops in its place: `--replace {layer or 'layer'}=file.py:function`."


@dataclass(frozen=True)
class Replacement:
    """`function` of the file at the absolute path `file`, to stand for `layer`; `sha256` is that of the file."""

    layer: str
    file: str
    function: str
    sha256: str

    def to_json(self) -> dict[str, str]:
        """The shape of a row of `report.json`'s `replaced`."""
        return asdict(self)

    @classmethod
    def from_json(cls, row: Mapping[str, str]) -> Replacement:
        """The inverse of `to_json`."""
        return cls(**row)

    @property
    def place(self) -> str:
        """File and function in messages."""
        return f"{Path(self.file).name}:{self.function}"

    def run_file(self, class_name: str) -> dict[str, Any]:
        """Run the file and return what it defines.

        Raises `Failure`: `USAGE` where it is no longer the file that was named, `REFUSED` where it does not run.
        """
        path = Path(self.file)
        content = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(content).hexdigest() != self.sha256:
            raise Failure(Exit.USAGE, f"{self.file} has changed since the command began", "run the command again")
        names: dict[str, Any] = {"__name__": _MODULE, "__file__": self.file}
        try:
            exec(compile(content, self.file, "exec"), names)  # noqa: S102  (the user has named this very file)
        except Exception as error:  # whatever a user's file raises is an answer
            raise self.refusal(class_name, f"{self.file} cannot be run: {said(error)}") from error
        return names

    def refusal(self, class_name: str, text: str, unblock: str | None = None) -> Failure:
        """A refusal of this replacement."""
        problem = Problem(self.layer, class_name, text, "replace", self.place, unblock)
        return refused([problem], str(problem))


def by_path(rows: Mapping[str, Mapping[str, str]]) -> dict[str, Replacement]:
    """Replacements by the path of the layer, as a request carries them."""
    return {path: Replacement.from_json(row) for path, row in rows.items()}


def said(error: Exception) -> str:
    """An error of a user's function in one line of bearable length."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:400]
