"""Select one of the models within an architecture."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from interchange.errors import Exit, Failure
from keras2to3.scanner.graph_alone import is_graph_alone
from keras2to3.scanner.scanned_file import ScannedFile
from translation.config_tree import inner_models

_WHOLE = "Leave --part out: the whole of it is what can be migrated."


def select_part(scanned: ScannedFile, part: str | None) -> Mapping[str, Any]:
    """The architecture of a scanned file, or that of the model within it that `part` names.

    Where the file holds weights alone, the part is one of its models, and the architecture is the one of that. Raises
    `Failure(USAGE)`.
    """
    assert scanned.architecture is not None  # a scan without one has failed before
    if part is None or scanned.source_format.content == "weights":
        return scanned.architecture
    models: dict[str, Mapping[str, Any]] = dict(inner_models(scanned.architecture))
    if part not in models:
        there = ", ".join(models)[:2000] or "none"
        text = f"--part: {scanned.path} holds no model called {part}."
        raise Failure(Exit.USAGE, text, f"Models within it: {there}.")
    return models[part]


def require_parts(scanned: ScannedFile, part: str | None) -> None:
    """Raise `Failure(USAGE)` if the file has no such part, or can only be migrated as a whole."""
    if part is None:
        return
    if scanned.is_of_keras_3 or is_graph_alone(scanned):
        what = "a model of Keras 3" if scanned.is_of_keras_3 else "a graph without a model of Keras"
        raise Failure(Exit.USAGE, f"--part: {scanned.path} is {what}, of which no part is taken.", _WHOLE)
    select_part(scanned, part)
