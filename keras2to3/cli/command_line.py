"""Parse the arguments of the command into the options of one verb."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Union

from interchange.user_files.builders import Builder
from keras2to3.cli import configured, output_arguments, values
from keras2to3.cli.arguments import build_parser
from keras2to3.environments.options import EnvironmentOptions
from keras2to3.environments.requested_versions import Target
from keras2to3.options.commands import (
    CheckOptions,
    InspectOptions,
    Options,
    PlanOptions,
    RollbackOptions,
    RoundTripOptions,
)
from keras2to3.options.conflicts import conflict
from keras2to3.options.shards import MergeOptions, ShardOptions

AnyOptions = Union[Options, CheckOptions, InspectOptions, EnvironmentOptions, ShardOptions, MergeOptions]

_VERBS: dict[str, type[AnyOptions]] = {
    "migrate": Options,
    "rollback": RollbackOptions,
    "roundtrip": RoundTripOptions,
    "check": CheckOptions,
    "inspect": InspectOptions,
    "plan": PlanOptions,
    "shard": ShardOptions,
    "merge": MergeOptions,
    "env": EnvironmentOptions,
}
_OPTIONS = {"origin": "from"}  # that are called otherwise than what they set


def parse(arguments: Sequence[str] | None = None) -> AnyOptions:
    """The parsed options; a usage error and `--help` end the process."""
    parsed = _understood(arguments)
    if hasattr(parsed, "no_config"):
        configured.fill_in(parsed)
    configured.require_sources(parsed, is_final=True)
    for name, read in values.READERS.items():
        if name in parsed.given and (value := getattr(parsed, name, None)) is not None:
            try:
                setattr(parsed, name, read(value))
            except argparse.ArgumentTypeError as error:
                parsed.parser.error(f"argument --{_OPTIONS.get(name, name).replace('_', '-')}: {error}")
    options = _options(parsed)
    if isinstance(options, (Options, CheckOptions, InspectOptions)):
        _check_together(parsed.parser, options)
    if isinstance(options, (Options, EnvironmentOptions)):
        problem = Target(options.keras, options.tensorflow).problem()
        if problem:
            parsed.parser.error(problem)
    return options


def check_words(arguments: Sequence[str]) -> None:
    """End the process for `--help` or a usage error. Needs only the standard library, and reads no named file."""
    configured.require_sources(_understood(arguments), is_final=False)


def _understood(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The parsed words; `parser` is that of the command."""
    return build_parser().parse_args(arguments)


def _options(parsed: argparse.Namespace) -> AnyOptions:
    kind = _VERBS[parsed.verb]
    _set_stores_apart(parsed, kind)
    parsed.display = output_arguments.display(parsed)
    if isinstance(getattr(parsed, "architecture", None), Builder):
        parsed.builder, parsed.architecture = parsed.architecture, None
    values_by_name = {field.name: getattr(parsed, field.name, None) for field in dataclasses.fields(kind)}
    options: dict[str, Any] = {name: value for name, value in values_by_name.items() if value is not None}
    listed = {name: tuple(value) for name, value in options.items() if isinstance(value, list)}
    return kind(**{**options, **listed})


def _set_stores_apart(parsed: argparse.Namespace, kind: type[AnyOptions]) -> None:
    """Keep URLs apart from paths; only what is divided into shards may be in a store."""
    urls = tuple(source for source in getattr(parsed, "sources", ()) if isinstance(source, str))
    target = getattr(parsed, "output_dir", None)
    if isinstance(target, str):
        parsed.target, parsed.output_dir = target, Path()
        urls = (*urls, target)
    if urls and (not issubclass(kind, (Options, CheckOptions)) or issubclass(kind, RoundTripOptions)):
        parsed.parser.error(f"{urls[0]}: {parsed.verb} reads and writes no store; migrate, rollback and check do")
    if urls:
        parsed.stores = tuple(source for source in parsed.sources if isinstance(source, str))
        parsed.sources = [source for source in parsed.sources if not isinstance(source, str)]


def _check_together(parser: argparse.ArgumentParser, options: Options | CheckOptions | InspectOptions) -> None:
    """Refuse options that need another option, or contradict one."""
    if not isinstance(options, InspectOptions) and (text := conflict(options)):
        parser.error(text)
    if isinstance(options, Options) and options.keras3_python and (options.keras or options.tensorflow):
        parser.error("--keras3-python already has a Keras and a TensorFlow: leave out --keras and --tensorflow")
    if not isinstance(options, InspectOptions) and options.root and options.flat:
        parser.error("--root and --flat exclude each other")
