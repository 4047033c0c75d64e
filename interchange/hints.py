"""Hints that several refusals share."""

from __future__ import annotations

from collections.abc import Iterable

from interchange.errors import Problem

SAME_WEIGHTS = (
    "A class of your own has to create weights of the same names and shapes in both Keras; if the model has no such "
    "class, please report it with the report."
)
"""What to do if weights do not fit a model that was translated."""
_EACH = "Each has a way out that is told with it"


def way_out_of_all(problems: Iterable[Problem], otherwise: str) -> str:
    """What to do about all of them: the way out that they share, if they do; `otherwise` is that of one without."""
    ways = dict.fromkeys(problem.unblock for problem in problems)
    if len(ways) == 1:
        return next(iter(ways)) or otherwise
    return f"{_EACH}; where none is told: {otherwise}" if None in ways else f"{_EACH}."


def or_served(hint: str | None) -> str:
    """A hint for a SavedModel whose graph can be called."""
    served = "pass --serve: a layer of Keras 3 then calls its graph as it is"
    return served if hint is None else f"{hint}; or {served}"
