"""The command: arguments in, exit code out."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

from interchange.errors import Exit, Failure
from keras2to3 import __version__, environments
from keras2to3.options import Options
from keras2to3.show import Lines

_DESCRIPTION = "Migrate Keras 2 models to Keras 3 and prove that they compute the same."
_EPILOG = (
    "exit codes: " + ", ".join(f"{code.value} {code.meaning}" for code in Exit) + "; with several sources the highest"
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; nothing is ever raised at the user."""
    options = _options(_parser().parse_args(arguments))
    show = Lines(sys.stderr)
    try:
        return _run(options, show)
    except Failure as failure:
        show.say(f"error: {failure}" + (f"\n    hint: {failure.hint}" if failure.hint else ""))
        return int(failure.code)
    except KeyboardInterrupt:
        show.say("interrupted: finished results stay, nothing half done is left behind")
        return int(Exit.INTERRUPTED)


def _run(options: Options, show: Lines) -> int:
    from keras2to3.conductor import migrate

    reports = migrate(_with_environments(options, show), show)
    return int(max(report.exit_code for report in reports))


def _with_environments(options: Options, show: Lines) -> Options:
    return dataclasses.replace(
        options,
        keras2_python=options.keras2_python or environments.ensure("keras2", show.say),
        keras3_python=options.keras3_python or environments.ensure("keras3", show.say),
    )


def _options(parsed: argparse.Namespace) -> Options:
    return Options(
        sources=tuple(parsed.sources),
        output_dir=parsed.output_dir,
        keras2_python=parsed.keras2_python,
        keras3_python=parsed.keras3_python,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="keras2to3", description=_DESCRIPTION, epilog=_EPILOG)
    parser.add_argument("--version", action="version", version=f"keras2to3 {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    _add_migrate(verbs.add_parser("migrate", help="write a verified .keras for each source", epilog=_EPILOG))
    return parser


def _add_migrate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "sources", nargs="+", type=Path, metavar="SOURCE", help="a whole model saved by Keras 2 (.h5, .hdf5)"
    )
    parser.add_argument(
        "--output-dir",
        type=Path,
        default=Path("migrated"),
        metavar="DIR",
        help="where results go (default: %(default)s)",
    )
    for name in ("keras2", "keras3"):
        parser.add_argument(
            f"--{name}-python",
            type=Path,
            metavar="PYTHON",
            help=f"python of a ready {name} environment (default: build one)",
        )
