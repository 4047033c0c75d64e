"""What the page of a report says, by what was done with its source: a table of words, one record for each kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from keras2to3.reports.report import Report

_BY_KIND_OF_CHANGE = {
    "lossy": "The result does not have this.",
    "semantic": "Keras 3 computes something else here, so the computation of Keras 2 is written out.",
    "training-only": "No answer depends on this; it matters when the model is trained further.",
    "structural": "Another form of the same.",
}
_BACK = {
    **_BY_KIND_OF_CHANGE,
    "semantic": "Keras 2.15 computes something else here, so the computation of Keras 3 is written out.",
}


@dataclass(frozen=True)
class Kind:
    """The words of a kind.

    `before` and `after` are the titles of the two models, `alone` that of the first one where there is no other.
    `reference` says what the result was compared with, by the key `reference` of a report; `meanings` explain the kinds
    of changes, and `unchanged` is said where there are none. `weights` is the title of their table. `is_answered` tells
    whether what rules do about a difference of the versions was done here. `axes` are the two models in a chart.
    """

    before: str
    after: str
    alone: str
    reference: Mapping[str, str]
    meanings: Mapping[str, str]
    unchanged: str
    weights: str = "Weights of the source, and where they are in the result"
    is_answered: bool = True
    axes: tuple[str, str] = ("before", "after")


_WHOLE = Kind(
    before="Before",
    after="After",
    alone="As the file describes it",
    reference={
        "original": "the source itself, run by Keras 2.15",
        "normalised": "the source with some layers rewritten as Keras 2.15 can run them; the changes name them",
        "recovered": "the source, with the bodies of its Lambda layers read from their bytecode and not run",
        "given": "the source, with your functions in place of its Lambda layers",
        "graph": "the graph in the SavedModel",
        "weights": "nothing but the weights",
    },
    meanings=_BY_KIND_OF_CHANGE,
    unchanged="Nothing: every layer is expressed in Keras 3 as it was.",
)
KINDS: Mapping[str, Kind] = {
    "whole": _WHOLE,
    "rollback": replace(
        _WHOLE,
        before="Keras 3",
        after="Keras 2.15",
        reference={**_WHOLE.reference, "original": "the written file, opened and run by Keras 2.15"},
        meanings=_BACK,
        unchanged="Nothing: every layer is expressed in Keras 2.15 as it was.",
        is_answered=False,
        axes=("Keras 3", "Keras 2.15"),
    ),
    "weights": replace(
        _WHOLE,
        after="The model of your function",
        reference={**_WHOLE.reference, "original": "the model that your function builds, run by Keras 2.15"},
        unchanged="Nothing: every weight is as it was.",
        weights="Weights of the file, and where they are in the model",
    ),
    "keras3": replace(
        _WHOLE,
        reference={**_WHOLE.reference, "original": "the file as it was, run by Keras 3"},
        unchanged="Nothing.",
    ),
}
"""By the names that `kind_of` gives."""


def kind_of(report: Report) -> Kind:
    """The kind of a report."""
    return KINDS[_name_of(report)]


def _name_of(report: Report) -> str:
    source = report.source
    if report.verb == "rollback":
        return "rollback"
    if str((source.get("saved_by") or {}).get("keras_version") or "").startswith("3"):
        return "keras3"
    return "weights" if "function" in (source.get("architecture") or {}) else "whole"
