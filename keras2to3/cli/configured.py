"""The arguments of the command, with the settings of the configuration where the command line says nothing."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from interchange.errors import Exit
from interchange.text import escaped
from keras2to3.config import find

_INSTEAD = {"builder": "architecture", "root": "flat", "flat": "root"}
"""Options that another one on the command line takes the place of."""


def fill_in(parsed: argparse.Namespace) -> None:
    """Set what the configuration says and no option on the command line does. One that is invalid ends the process."""
    from keras2to3.config import reading  # late, like the parser of TOML, which nox's Python may lack
    from keras2to3.config.document import InvalidError

    try:
        path = parsed.config or (None if parsed.no_config else find.nearest(Path.cwd()))
        if path is None:
            return
        actions = reading.all_actions(list(parsed.parser.verbs.values()))
        found = reading.read(reading.shortest(path), parsed.verb, actions)
    except InvalidError as error:
        told = "\n".join(escaped(str(problem)) for problem in error.problems)
        parsed.parser.exit(int(Exit.USAGE), f"{told}\n")
    parsed.configuration = found.path
    for name, value in _used(found.values, parsed).items():
        setattr(parsed, name, value)
    entries = (dataclasses.replace(entry, values=_used(entry.values, parsed)) for entry in found.models)
    parsed.models = tuple(entries)


def _used(values: Mapping[str, Any], parsed: argparse.Namespace) -> dict[str, Any]:
    """The values of options that the command has, and that the command line does not give."""
    return {name: value for name, value in values.items() if _is_used(name, parsed)}


def _is_used(name: str, parsed: argparse.Namespace) -> bool:
    given = {name, _INSTEAD.get(name, name)} & set(parsed.given)
    is_back = name == "sources" and getattr(parsed, "back", False)  # the models of Keras 3 are others
    return not given and not is_back and (hasattr(parsed, name) or name == "builder")


def require_sources(parsed: argparse.Namespace, *, is_final: bool) -> None:
    """End the process if no source is named, nor may be in a configuration that is not read yet."""
    if not hasattr(parsed, "sources") or parsed.sources:
        return
    if is_final or parsed.no_config or not (parsed.config or find.may_exist(Path.cwd())):
        parsed.parser.error("the following arguments are required: SOURCE (or `sources` in a configuration)")
