"""The arguments of `env` and its actions."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from keras2to3.cli import output_arguments, values
from keras2to3.cli.parser import Parser
from keras2to3.environments import builder

EPILOG = "exit codes: 0 done, 8 an environment failed, 1, 2 and 130 as for migrate"
ACTIONS = {
    "list": "print the environments that exist, with versions, size and age",
    "build": "build environments, so that migrate needs no network",
    "path": "print the python of an environment",
    "clean": "remove the environments that are stale: of an earlier version, or unfinished",
    "export": "download the wheels of environments into an offline set, one file for this platform",
    "import": "build the environments of an offline set, without a network",
}


def add_environment_verb(parser: Parser) -> None:
    """Add the actions of `env` to its parser."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    parsers = {name: actions.add_parser(name, help=text, epilog=EPILOG) for name, text in ACTIONS.items()}
    _add_names(parsers["build"], "*", "environments to build (default: all that migrate needs)")
    _add_versions(parsers["build"])
    _add_names(parsers["path"], 1, "environment whose python is printed")
    _add_versions(parsers["path"])
    _add_names(parsers["clean"], "*", "environments to remove (default: each that is stale)")
    parsers["clean"].add_argument("--all", action="store_true", help="remove also what is current")
    parsers["export"].add_argument("file", type=Path, metavar="FILE", help="the archive to write, such as set.zip")
    parsers["import"].add_argument("file", type=values.file, metavar="FILE", help="an archive that export wrote")
    for name in ("export", "import"):
        _add_names(parsers[name], "*", "environments (default: all that migrate needs)")
    _add_versions(parsers["export"])
    for action in parsers.values():
        output_arguments.add(action)
        action.set_defaults(parser=action)
        action.verbs = parsers


def _add_names(parser: argparse.ArgumentParser, count: Any, text: str) -> None:
    known = ", ".join(builder.PYTHONS)
    parser.add_argument("names", nargs=count, type=values.environment, metavar="NAME", help=f"{text}; one of {known}")


def _add_versions(parser: argparse.ArgumentParser) -> None:
    for name, what in (("keras", "Keras 3"), ("tensorflow", "TensorFlow")):
        text = f"the {what} for the keras3 environment (default: the newest locked one)"
        parser.add_argument(f"--{name}", type=values.version, metavar="VERSION", help=text)
