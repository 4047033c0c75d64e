"""Completion of the command line for shells: `keras2to3 --print-completion SHELL`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

SHELLS = ("bash", "zsh", "fish", "tcsh")

# Arguments that are paths, by the words that their help has for them, and what completes them.
_PATHS = {"DIR": "directory", "SOURCE": "file", "PYTHON": "file", "REPORT": "file"}


class PrintCompletion(argparse.Action):
    """Prints the script for a shell and ends the process, as `--version` does."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,  # noqa: ARG002  (the signature of an action)
        values: str | Sequence[Any] | None,
        option_string: str | None = None,  # noqa: ARG002
    ) -> None:
        """Print the script."""
        print(script(parser, str(values)))
        parser.exit()


def script(parser: argparse.ArgumentParser, shell: str) -> str:
    """The completion script of a parser for a shell."""
    import shtab  # late: nobody else needs it, and nox's interpreter has none

    for action in _actions(parser):
        kind = _kind(action)
        if kind is not None:
            action.complete = {"directory": shtab.DIRECTORY, "file": shtab.FILE}[kind]  # type: ignore[attr-defined]
    return str(shtab.complete(parser, shell=shell))


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    """All arguments of a parser and of its commands."""
    found: list[argparse.Action] = []
    for action in parser._actions:  # noqa: SLF001  (argparse lists them nowhere else)
        found.append(action)
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for inner in action.choices.values():
                found += _actions(inner)
    return found


def _kind(action: argparse.Action) -> str | None:
    """Whether a file or a folder completes an argument."""
    words = action.metavar
    if not isinstance(words, str):
        return None
    return "file" if words.startswith("FILE") else _PATHS.get(words)
