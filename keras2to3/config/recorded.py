"""What a report keeps of the options as they were given, so that a run can be repeated from it.

An option that decides where files go, or how much is done at a time, is not kept.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from keras2to3.config.settings import FLAG, NUMBER, PATH, PATTERNS, REPLACEMENTS, SETTINGS, TEXTS, Kind
from keras2to3.options.given import Given, latest
from keras2to3.results.plan import location

COMMAND_LINE = "command line"

NEVER_REPEATED: Mapping[str, Kind] = {"trust": FLAG, "allow-missing-sandbox": TEXTS}
"""Options that a report keeps, and that only the command line can give."""

ORIGIN = "from"
"""The option of `rollback` for what its source was trained from."""

_LISTS = (TEXTS, PATTERNS, REPLACEMENTS)
_ASIDE = frozenset(
    ("sources", "exclude", "output-dir", "root", "flat", "wait", "jobs", "junit", "sarif", "gitlab", "no-html")
)
_KINDS: Mapping[str, Kind] = {
    **{name: setting.kind for name, setting in SETTINGS.items() if name not in _ASIDE},
    **NEVER_REPEATED,
    ORIGIN: PATH,
}


def of_words(words: Mapping[str, list[str]]) -> tuple[Given, ...]:
    """The options of a command line that a report keeps, by the texts of each; one without a value has no text."""
    return tuple(
        Given(name, _value(_KINDS[name], texts), COMMAND_LINE) for name, texts in words.items() if name in _KINDS
    )


def _value(kind: Kind, texts: list[str]) -> Any:
    if kind is FLAG:
        return True
    if kind in _LISTS:
        return texts
    return float(texts[-1]) if kind is NUMBER else texts[-1]


def to_report(given: Iterable[Given], output_dir: Path) -> dict[str, Mapping[str, Any]]:
    """What a report keeps. Paths become relative to the output folder, like the `location` of a source."""
    top = os.path.realpath(output_dir)

    def below(base: Path) -> Callable[[str], str]:
        return lambda path: Path(os.path.relpath(location(base / path), top)).as_posix()

    kept = [one for one in latest(given) if one.name in _KINDS]
    return {one.name: {"value": relocated(one.name, one.value, below(one.base)), "from": one.place} for one in kept}


def words(given: Iterable[Given]) -> list[str]:
    """Options as words of a command line, with absolute paths."""
    texts: list[str] = []
    for one in latest(given):
        if one.name not in _KINDS:
            continue
        value = absolute(one)
        if value is True or value is False:
            texts += [f"--{one.name}"] if value else []
        else:
            texts += [
                word for item in (value if isinstance(value, list) else [value]) for word in _word(one.name, item)
            ]
    return texts


def absolute(one: Given) -> Any:
    """The value of an option, with absolute paths."""
    return relocated(one.name, one.value, lambda path: str((one.base / path).absolute()))


def _word(name: str, value: Any) -> tuple[str, str]:
    return f"--{name}", f"{value:g}" if isinstance(value, float) else str(value)


def relocated(name: str, value: Any, move: Callable[[str], str]) -> Any:
    """The value of an option, with `move` applied to each path in it. A value that is of another type stays."""
    kind = _KINDS.get(name)
    if kind is PATH and kind.has(value):
        return move(value)
    if kind is REPLACEMENTS and kind.has(value):
        parts = [text.partition("=") for text in value]
        return [f"{layer}{equals}{move(place)}" if place else layer for layer, equals, place in parts]
    return value
