"""The settings of a configuration. Each has the name and the meaning of an option of the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Kind:
    """The type of a value: what it is called, and whether a value is of it."""

    name: str
    has: Callable[[Any], bool]


@dataclass(frozen=True)
class Setting:
    """A setting of a `kind`. With `of_models` a model may have its own; `verbs` are those it is for, if not for all."""

    kind: Kind
    of_models: bool = False
    verbs: tuple[str, ...] = ()


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != "" and "\0" not in value


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


FLAG = Kind("true or false", lambda value: isinstance(value, bool))
NUMBER = Kind("a number", _is_number)
TEXT = Kind("a text", _is_text)
PATH = Kind("the path of a file or folder", _is_text)
WRITTEN = Kind("the path of a file in the folder of the configuration or below", _is_text)
TEXTS = Kind("a list of texts", _is_list)
PATTERNS = Kind("a list of patterns", _is_list)
REPLACEMENTS = Kind('a list of "LAYER=FILE.py:FUNCTION"', _is_list)
PATHS = Kind("a list of paths, not empty", lambda value: _is_list(value) and value != [])

_OF_KERAS_2 = ("migrate", "plan", "roundtrip", "check")

SETTINGS: Mapping[str, Setting] = {
    "sources": Setting(PATHS, verbs=(*_OF_KERAS_2, "inspect")),
    "exclude": Setting(PATTERNS),
    "output-dir": Setting(PATH, verbs=("migrate", "plan", "check")),
    "root": Setting(PATH, verbs=_OF_KERAS_2),
    "flat": Setting(FLAG),
    "wait": Setting(FLAG),
    "format": Setting(TEXT, verbs=("migrate", "plan")),
    "keras": Setting(TEXT),
    "tensorflow": Setting(TEXT),
    "oldest": Setting(FLAG),
    "jobs": Setting(NUMBER),
    "timeout": Setting(NUMBER),
    "scan-timeout": Setting(NUMBER),
    "memory": Setting(NUMBER),
    "allow": Setting(TEXTS),
    "fail-on": Setting(TEXTS),
    "junit": Setting(WRITTEN),
    "sarif": Setting(WRITTEN),
    "gitlab": Setting(WRITTEN),
    "no-html": Setting(FLAG),
    "inputs": Setting(PATH, of_models=True),
    "inputs-only": Setting(FLAG, of_models=True),
    "rtol": Setting(NUMBER, of_models=True),
    "atol": Setting(NUMBER, of_models=True),
    "budget": Setting(NUMBER, of_models=True),
    "keep-bundles": Setting(FLAG, of_models=True),
    "replace": Setting(REPLACEMENTS, of_models=True),
    "custom-objects": Setting(PATH, of_models=True),
    "custom-objects-3": Setting(PATH, of_models=True),
    "architecture": Setting(PATH, of_models=True),
    "map": Setting(PATH, of_models=True),
    "part": Setting(TEXT, of_models=True),
    "written-by": Setting(TEXT, of_models=True),
    "fresh-weights": Setting(FLAG, of_models=True),
    "no-optimizer": Setting(FLAG, of_models=True),
    "serve": Setting(FLAG, of_models=True),
}
