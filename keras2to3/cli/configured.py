"""The arguments of the command, with the settings of the configuration where the command line says nothing."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interchange.errors import Exit
from interchange.text import escaped
from keras2to3.config import find

if TYPE_CHECKING:
    from keras2to3.config.reading import Configuration
    from keras2to3.options.given import Given

_INSTEAD = {"builder": "architecture", "root": "flat", "flat": "root"}
"""Options that another one on the command line takes the place of."""


def fill_in(parsed: argparse.Namespace) -> None:
    """Set what no option on the command line says, and the report of `--from` or else the configuration does.

    One that is invalid ends the process.
    """
    from keras2to3.cli import repeated  # late, like the parser of TOML, which nox's Python may lack
    from keras2to3.config import recorded
    from keras2to3.config.document import InvalidError

    try:
        found = repeated.configuration(parsed) or _configuration(parsed)
    except InvalidError as error:
        told = "\n".join(escaped(str(problem)) for problem in error.problems)
        parsed.parser.exit(int(Exit.USAGE), f"{told}\n")
    parsed.settings = recorded.of_words(parsed.words)
    if found is None:
        return
    parsed.configuration = found.path
    for name, value in _used(found.values, parsed).items():
        setattr(parsed, name, value)
    parsed.settings = (*_used_as_given(found.given, parsed), *parsed.settings)
    entries = (
        dataclasses.replace(entry, values=_used(entry.values, parsed), given=_used_as_given(entry.given, parsed))
        for entry in found.models
    )
    parsed.models = tuple(entries)


def _configuration(parsed: argparse.Namespace) -> Configuration | None:
    from keras2to3.config import reading

    path = parsed.config or (None if parsed.no_config else find.nearest(Path.cwd()))
    if path is None:
        return None
    actions = reading.all_actions(list(parsed.parser.verbs.values()))
    found = reading.read(reading.shortest(path), parsed.verb, actions)
    if getattr(parsed, "back", False):  # its sources are none of Keras 3
        return dataclasses.replace(found, values={key: one for key, one in found.values.items() if key != "sources"})
    return found


def _used_as_given(given: Sequence[Given], parsed: argparse.Namespace) -> tuple[Given, ...]:
    """Those that the command has, and that the command line does not give."""
    own = {name[2:] for name in parsed.parser._option_string_actions}  # noqa: SLF001  (argparse has no public list)
    return tuple(one for one in given if one.name in own and one.name not in parsed.words)


def _used(values: Mapping[str, Any], parsed: argparse.Namespace) -> dict[str, Any]:
    """The values of options that the command has, and that the command line does not give."""
    return {name: value for name, value in values.items() if _is_used(name, parsed)}


def _is_used(name: str, parsed: argparse.Namespace) -> bool:
    given = {name, _INSTEAD.get(name, name)} & set(parsed.given)
    return not given and (hasattr(parsed, name) or name == "builder")


def require_sources(parsed: argparse.Namespace, *, is_final: bool) -> None:
    """End the process if no source is named, nor may be in a configuration that is not read yet."""
    if not hasattr(parsed, "sources") or parsed.sources:
        return
    if not is_final and str(getattr(parsed, "repeat", None) or getattr(parsed, "origin", "")).endswith(".json"):
        return
    if is_final or parsed.no_config or not (parsed.config or find.may_exist(Path.cwd())):
        parsed.parser.error("the following arguments are required: SOURCE (or `sources` in a configuration)")
