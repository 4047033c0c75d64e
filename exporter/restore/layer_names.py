"""Whether weights in a file of their own are those of an architecture, as far as the names of layers tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from interchange.errors import Exit, Failure, Problem
from translation.config_tree import layers_of
from translation.keras1_to_2.classes import RULES
from translation.keras2_to_2_15.archive_paths import snake_case

_NUMBER = re.compile(r"_\d+\Z")
_HINT = (
    "pass the architecture that to_json() wrote for the model with these weights; if it is this one, rename its layers "
    "to the names in the file of weights"
)


def require_own_names(architecture: Mapping[str, Any], stored: Sequence[str]) -> None:
    """Raise `Failure(WEIGHTS)` where the file has layers of names that somebody chose and the architecture has not.

    Keras goes by the order of layers then, so the weights of another model with equal shapes would do.
    """
    problems = list(_strange(architecture, stored))
    if problems:
        text = f"the weights belong to another model; the first: {problems[0]}"
        raise Failure(Exit.WEIGHTS, text, _HINT, tuple(problems))


def _strange(architecture: Mapping[str, Any], stored: Sequence[str]) -> Iterator[Problem]:
    own = {_stem(name) for name in _names(architecture)}
    for name in stored:
        if _stem(name) not in own and _stem(name) not in _automatic():
            yield Problem(name, "weights", "no layer of the architecture has the name that the file has for it")


def _names(architecture: Mapping[str, Any]) -> Iterator[str]:
    for entry in layers_of(architecture):
        config = entry.get("config") if isinstance(entry, Mapping) else None
        yield str(config.get("name") if isinstance(config, Mapping) else "")


def _stem(name: str) -> str:
    return _NUMBER.sub("", name)


@cache
def _automatic() -> frozenset[str]:
    """What Keras calls layers that nobody has named, of which every version has its own."""
    import keras

    classes = [name for name, value in vars(keras.layers).items() if isinstance(value, type)]
    models = ("functional", "model", "sequential", "cu_dnnlstm", "cu_dnngru", "cudnnlstm", "cudnngru")
    return frozenset({*map(snake_case, (*classes, *filter(None, RULES))), *models})
