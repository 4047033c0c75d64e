"""How a model was compiled, as its file says: judged, or left out if it cannot be read.

What cannot be read is no reason to refuse the model, because nobody reads it then: the worker is told so. Only what
Keras 3 has saved is refused for it, because Keras 3 opens such a file as it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from interchange.errors import Problem
from keras2to3.scanner import architecture
from keras2to3.scanner.policies import Policy
from keras2to3.scanner.readers import json_document
from keras2to3.scanner.readers.json_document import NotWellFormedError

_UNTRAINED = ("", "null")
_OF_FORM = frozenset({Policy.FORM.value, Policy.LIMITS.value})
_UNCOMPILED = "Save the model in Keras 3 without it: `keras.saving.load_model(path, compile=False).save(path)`."


@dataclass(frozen=True)
class TrainingConfig:
    """How a model was compiled: the `config`, None if there is none or if it is `unreadable`, which then says why.

    `problems` are what is unsafe in it.
    """

    config: Mapping[str, Any] | None = None
    unreadable: str | None = None
    problems: tuple[Problem, ...] = ()


NOT_COMPILED = TrainingConfig()
"""That of a model whose file says nothing of it."""


def of_text(text: str | None, name: str, by_keras_3: bool) -> TrainingConfig:
    """That of an HDF5 file, the text of its attribute `name`; None if the attribute is no text."""
    if text is not None and text.strip() in _UNTRAINED:
        return NOT_COMPILED
    try:
        if text is None:
            raise NotWellFormedError("it is not text")
        return of_value(json_document.parse(text), name, by_keras_3)
    except NotWellFormedError as error:
        return _ill_formed(error, name, by_keras_3)


def of_value(
    value: Any, name: str, by_keras_3: bool = False, ill_formed: NotWellFormedError | None = None
) -> TrainingConfig:
    """The value of `name` in a document; `ill_formed` says why it was left out of that, if it was."""
    if ill_formed is not None:
        return _ill_formed(ill_formed, name, by_keras_3)
    found = architecture.problems_of_training({name: value}, name, by_keras_3)
    if found and not by_keras_3 and all(problem.policy in _OF_FORM for problem in found):
        return _unreadable(name, found[0].text)
    if value is None or isinstance(value, dict):
        return TrainingConfig(value, None, tuple(found))
    if found or by_keras_3:
        return TrainingConfig(problems=tuple(found))
    return _unreadable(name, str(json_document.no_object(value)))


def _ill_formed(error: NotWellFormedError, name: str, by_keras_3: bool) -> TrainingConfig:
    if not by_keras_3:
        return _unreadable(name, str(error))
    problem = error.policy.violation("", name, f"the compile settings are unsafe: {error}", instead=_UNCOMPILED)
    return TrainingConfig(problems=(problem,))


def _unreadable(name: str, why: str) -> TrainingConfig:
    return TrainingConfig(unreadable=f"{name} cannot be read: {why}")
