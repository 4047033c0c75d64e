"""SavedModels whose graph goes on as it is: which are meant by `--serve`, and what is said of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from interchange.errors import Exit, Problem
from keras2to3.reports.report import Report

INSTEAD = frozenset({Exit.UNREADABLE, Exit.REFUSED, Exit.WEIGHTS, Exit.DIFFERS})
"""The codes of what hinders a model of Keras, and not its graph; what is unsafe ends before."""

ALONE: Mapping[str, Any] = {
    "layer": "",
    "rule": "graph",
    "kind": "structural",
    "text": "it does not describe a model that Keras can build, so a layer calls its graph",
}
"""The row of `changes` for a SavedModel that holds a graph and no more."""


def reason(failed: Report, asked: bool = True) -> Mapping[str, Any]:
    """The row of `changes` for a model that goes on as its graph, with why it could not be rebuilt.

    It is `asked` for by the user, or the model is of a class that nobody has given.
    """
    error = failed.error or {}
    listed = [str(Problem.from_json(row)) for row in error["problems"]]
    why = [error["message"], *(text for text in listed if text not in error["message"])]
    how = "--serve was given, so a layer calls its graph" if asked else "a layer calls its graph"
    text = f"it cannot be rebuilt, so {how}: {'; '.join(why)}"
    return {"layer": "", "rule": "--serve" if asked else "graph", "kind": "structural", "text": text}
