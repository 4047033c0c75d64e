"""Values of settings as values of options, by the converters of the command line."""

from __future__ import annotations

import argparse
import glob
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from interchange.user_files.builders import Builder
from keras2to3.cli.values import READERS
from keras2to3.config.settings import (
    FLAG,
    NUMBER,
    PATH,
    PATHS,
    PATTERNS,
    REPLACEMENTS,
    SETTINGS,
    TEXT,
    TEXTS,
    WRITTEN,
    Kind,
)
from keras2to3.options.path_patterns import PathPattern


def options_of(name: str, value: Any, action: argparse.Action, base: Path) -> Mapping[str, Any]:
    """The options, by their names, that a setting of the right type stands for; paths in it are relative to `base`.

    Raises ValueError for an invalid value.
    """
    try:
        option = _option(name, value, action, base)
    except argparse.ArgumentTypeError as error:
        raise ValueError(str(error)) from None
    if action.dest == "architecture":  # each takes the place of the other
        is_function = isinstance(option, Builder)
        return {"architecture": None if is_function else option, "builder": option if is_function else None}
    return {action.dest: tuple(option) if isinstance(option, list) else option}


def _option(name: str, value: Any, action: argparse.Action, base: Path) -> Any:
    converters: Mapping[Kind, Callable[[], Any]] = {
        FLAG: lambda: action.const if value else not action.const,
        NUMBER: lambda: _read(repr(value), action),
        TEXT: lambda: _read(value, action),
        TEXTS: lambda: [item for text in value for item in _read(text, action)],
        PATH: lambda: _read(str(base / value), action),
        WRITTEN: lambda: _read(str(_inside(base, value)), action),
        PATHS: lambda: [_source(text, base) for text in value],
        PATTERNS: lambda: [PathPattern.of(text, base) for text in value],
        REPLACEMENTS: lambda: READERS[action.dest]([_replacement(text, base) for text in value]),
    }
    return converters[SETTINGS[name].kind]()


def _read(text: str, action: argparse.Action) -> Any:
    read = READERS.get(action.dest, action.type)
    option = read(text) if callable(read) else text
    if action.choices is not None and option not in action.choices:
        raise ValueError(f"{text!r} is none of {', '.join(map(str, action.choices))}")
    return option


def _inside(base: Path, text: str) -> Path:
    """A path below a folder: who puts a configuration there could as well write the file."""
    if not Path(os.path.realpath(base / text)).is_relative_to(os.path.realpath(base)):
        raise ValueError(f"{text} is not below the folder of the configuration: name it on the command line")
    return base / text


def _replacement(text: str, base: Path) -> str:
    layer, equals, place = text.partition("=")
    return f"{layer}{equals}{base / place}" if place else text


def _source(text: str, base: Path) -> Path:
    """A path, or a pattern in a folder whose own name is none."""
    return Path(glob.escape(str(base)) if glob.has_magic(text) else base, text)
