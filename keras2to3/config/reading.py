"""A configuration as options of one command, or everything that is wrong with it."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keras2to3.cli.parser import suggested
from keras2to3.config import find
from keras2to3.config.document import Document, InvalidError, Key, Problem
from keras2to3.config.settings import SETTINGS
from keras2to3.config.values import options_of
from keras2to3.options.by_model import ModelOptions
from keras2to3.options.given import Given
from keras2to3.options.path_patterns import PathPattern

_MODEL, _MATCH = "model", "match"

Actions = Mapping[str, argparse.Action]
"""The options of all commands by their names, without dashes at the front."""


@dataclass(frozen=True)
class Configuration:
    """`values` are options by their names for all models, `given` the same as they are written, `models` for some."""

    path: Path
    values: Mapping[str, Any] = field(hash=False)
    given: tuple[Given, ...]
    models: tuple[ModelOptions, ...]


@dataclass
class _Reader:
    """Reads the settings of a document for one command, and collects what is wrong with them.

    `verb` is the command, or None where the settings are known to be for it. `at` are the keys that lead to them, and
    `base` is the folder that paths are relative to.
    """

    document: Document
    at: Key
    base: Path
    verb: str | None
    actions: Actions
    problems: list[Problem] = field(default_factory=list)

    def options(self, table: Mapping[str, Any], key: Key = ()) -> tuple[dict[str, Any], tuple[Given, ...]]:
        """The options of a table that the command has, and the same as they are written; all are checked."""
        found: dict[str, Any] = {}
        given: list[Given] = []
        for name, value in table.items():
            options = self._checked(name, value, (*key, name), of_model=bool(key))
            verbs = SETTINGS[name].verbs if options else ()
            if options and (not verbs or self.verb in (None, *verbs)):
                found.update(options)
                given.append(Given(name, value, self._place((*key, name)), self.base))
        return found, tuple(given)

    def models(self, tables: Any) -> Iterator[ModelOptions]:
        """The entries of some models."""
        if not (isinstance(tables, list) and all(isinstance(table, Mapping) for table in tables)):
            self._tell((_MODEL,), f"{_MODEL} has to be a list of tables: write [[{self._name((_MODEL,))}]]")
            return
        seen: dict[object, int | None] = {}
        for index, table in enumerate(tables):
            key: Key = (_MODEL, index)
            pattern = self._pattern(table, key)
            values, given = self.options({name: value for name, value in table.items() if name != _MATCH}, key)
            if pattern is None:
                continue
            line = self.document.line((*self.at, *key, _MATCH))
            if pattern.key in seen:
                first = seen[pattern.key]
                where = f" in line {first}" if first else ""
                self._tell((*key, _MATCH), f"{pattern.text!r} is the match of another model{where}: put them together")
            seen.setdefault(pattern.key, line)
            yield ModelOptions(pattern, values, self._place((*key, _MATCH)), given)

    def _pattern(self, table: Mapping[str, Any], key: Key) -> PathPattern | None:
        text = table.get(_MATCH)
        if not isinstance(text, str):
            what = f"match has to be a text, not {_shown(text)}" if _MATCH in table else "has no match"
            self._tell((*key, _MATCH), f"model: {what}: a pattern for the paths of its sources")
            return None
        try:
            return PathPattern.of(text, self.base)
        except ValueError as error:
            self._tell((*key, _MATCH), f"model.match: {error}")
            return None

    def _checked(self, name: str, value: Any, key: Key, *, of_model: bool) -> Mapping[str, Any]:
        """The options that a setting stands for; none if something is wrong with it."""
        shown = f"{_MODEL}.{name}" if of_model else name
        setting = SETTINGS.get(name)
        action = self.actions.get(name)
        if setting is None or action is None:
            self._tell(key, self._unknown(name, shown, of_model=of_model))
        elif of_model and not setting.of_models:
            self._tell(key, f"{shown}: {name} holds for all models: put it before the first [[{_MODEL}]]")
        elif not setting.kind.has(value):
            self._tell(key, f"{shown} has to be {setting.kind.name}, not {_shown(value)}")
        else:
            try:
                return options_of(name, value, action, self.base)
            except ValueError as error:
                self._tell(key, f"{shown}: {error}")
        return {}

    def _unknown(self, name: str, shown: str, *, of_model: bool) -> str:
        if name in self.actions:
            return f"{shown}: --{name} can only be given on the command line"
        if name.replace("_", "-") in SETTINGS:
            return f"{shown} is not a setting, did you mean {name.replace('_', '-')}?"
        if name == "tool" and not self.at:
            return "tool: the settings of a file of its own stand without [tool.keras2to3]"
        known = [each for each, setting in SETTINGS.items() if setting.of_models or not of_model]
        close = suggested(name, [*known, _MATCH if of_model else _MODEL])
        return f"{shown} is not a setting" + (f", did you mean {' or '.join(close)}?" if close else "")

    def _tell(self, key: Key, text: str) -> None:
        self.problems.append(Problem(self.document.path, self.document.line((*self.at, *key)), text))

    def _place(self, key: Key) -> str:
        line = self.document.line((*self.at, *key))
        return f"{self.document.path}{f':{line}' if line else ''}"

    def _name(self, key: Key) -> str:
        return ".".join(map(str, (*self.at, *key)))


def read(path: Path, verb: str, actions: Actions) -> Configuration:
    """The configuration in a file for one command. Raises `InvalidError` with all that is wrong with it."""
    document = Document.read(path)
    at, table = find.settings(document)
    return of_table(document, at, table, path.parent, verb, actions)


def of_table(
    document: Document, at: Key, table: Mapping[str, Any], base: Path, verb: str | None, actions: Actions
) -> Configuration:
    """The configuration that a table of a document holds. Raises `InvalidError`."""
    reader = _Reader(document, at, base, verb, actions)
    values, given = reader.options({name: value for name, value in table.items() if name != _MODEL})
    models = tuple(reader.models(table.get(_MODEL, [])))
    if reader.problems:
        raise InvalidError(*sorted(reader.problems, key=lambda problem: problem.line or 0))
    return Configuration(document.path, values, given, models)


def shortest(path: Path) -> Path:
    """A path as it is shown and as paths in the file are reached: relative if it lies in the current folder or above.

    With a link on the way `..` would lead elsewhere, so the path stays absolute then.
    """
    relative = Path(os.path.relpath(path))
    return relative if ".." not in relative.parts else path


def _shown(value: Any) -> str:
    text = repr(value) if not isinstance(value, bool) else str(value).lower()
    return text if len(text) <= 60 else f"{text[:57]}..."


def parsers() -> Mapping[str, argparse.ArgumentParser]:
    """The parsers of the commands that have a configuration."""
    from keras2to3.cli.arguments import build_parser

    verbs = build_parser().parse_args(["migrate"]).parser.verbs
    return {name: parser for name, parser in verbs.items() if "--config" in parser._option_string_actions}  # noqa: SLF001


def verbs_of(name: str) -> list[str]:
    """The commands that use a setting."""
    only = SETTINGS[name].verbs
    return [verb for verb, parser in parsers().items() if name in all_actions([parser]) and (not only or verb in only)]


def all_actions(parsers: Sequence[argparse.ArgumentParser]) -> Actions:
    """The options of some commands; of two with one name the first."""
    found: dict[str, argparse.Action] = {}
    for parser in parsers:
        for action in parser._actions:  # noqa: SLF001  (argparse has no public list)
            names = [name[2:] for name in action.option_strings if name.startswith("--")] or [action.dest]
            for name in names:
                found.setdefault(name, action)
    return found
