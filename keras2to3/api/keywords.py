"""Keyword arguments as options of the command line, so that both accept and refuse the same."""

from __future__ import annotations

import argparse
import os
from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, Union

from keras2to3.api.errors import UsageError
from keras2to3.cli import command_line, parser
from keras2to3.cli.arguments import build_parser
from keras2to3.cli.command_line import AnyOptions
from keras2to3.cli.parser import Parser

# Where the command line writes what a call returns, and how it looks there.
_OF_THE_COMMAND = ("help", "quiet", "verbose", "log_file", "junit", "sarif", "gitlab", "log_json", "metrics")

Path = Union[str, "os.PathLike[str]"]


class _AllKeywords(TypedDict, total=False):
    output_dir: Path
    root: Path
    flat: bool
    exclude: Sequence[str]
    custom_objects: Path
    custom_objects_3: Path
    allow: Sequence[str]
    fail_on: Sequence[str]
    scan_timeout: float
    allow_missing_sandbox: Sequence[str]


class _SourceKeywords(TypedDict, total=False):
    architecture: str
    fresh_weights: bool
    part: str
    trust: bool
    replace: Sequence[str]
    written_by: str
    serve: bool


class _RunKeywords(TypedDict, total=False):
    overwrite: bool
    wait: bool
    force: bool
    no_optimizer: bool
    inputs: Path
    inputs_only: bool
    rtol: float
    atol: float
    budget: float
    keep_bundles: bool
    jobs: int
    timeout: float
    memory: float
    keras2_python: Path
    keras3_python: Path
    keras: str
    tensorflow: str
    format: str


class MigrateKeywords(_AllKeywords, _SourceKeywords, _RunKeywords, total=False):
    """The keywords of `migrate`; `repeat` is the option `--from`, with which there may be no sources."""

    repeat: Path
    map: Path
    oldest: bool


class RollbackKeywords(_AllKeywords, _RunKeywords, total=False):
    """The keywords of `rollback`; `origin` is the option `--from`."""

    origin: Path


class CheckKeywords(_AllKeywords, _SourceKeywords, total=False):
    """The keywords of `check`; `repeat` is the option `--from`."""

    repeat: Path
    back: bool


class InspectKeywords(TypedDict, total=False):
    """The keywords of `inspect`."""

    exclude: Sequence[str]
    scan_timeout: float
    allow_missing_sandbox: Sequence[str]


def parsed(verb: str, sources: Sequence[str], keywords: Mapping[str, Any]) -> AnyOptions:
    """The options that a call asks for. Raises `UsageError`, and TypeError for a keyword that is none."""
    words = [word for name, value in keywords.items() for word in _words(verb, name, value)]
    try:
        with parser.raising():
            options = command_line.parse([verb, *words, "--", *sources])
    except parser.UsageProblem as problem:
        raise UsageError(str(problem)) from None
    if getattr(options, "is_sharded", False):
        raise UsageError(f"stores and clusters are for the command: keras2to3 {verb}")
    return options


def actions_of(verb: str) -> dict[str, argparse.Action]:
    """The options of a command by the names of its keywords."""
    found = build_parser().parse_args([verb, "source"]).parser
    assert isinstance(found, Parser)
    return {action.dest: action for action in found.options() if action.dest not in _OF_THE_COMMAND}


def _words(verb: str, name: str, value: Any) -> list[str]:
    """A keyword as words of the command line; None is the default."""
    action = actions_of(verb).get(name)
    if action is None:
        raise TypeError(f"{verb}() got an unexpected keyword argument {name!r}")
    option = action.option_strings[-1]
    if value is None:
        return []
    if action.nargs == 0:
        if not isinstance(value, bool):
            raise UsageError(f"{name} is True or False, not {value!r}")
        return [option] if value else []
    several = not isinstance(value, str) and isinstance(value, Sequence)
    if several and isinstance(action, argparse._AppendAction):  # noqa: SLF001  (argparse names it nowhere else)
        return [f"{option}={_text(name, item)}" for item in value]
    return [f"{option}={','.join(_text(name, item) for item in value) if several else _text(name, value)}"]


def _text(name: str, value: Any) -> str:
    if isinstance(value, (str, os.PathLike)):
        return os.fspath(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return repr(value)
    raise UsageError(f"{name} is {value!r}, which is no text, path or number")
