"""The entry point: parse the arguments, run a command, return its exit code."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, TextIO

from interchange.errors import Exit, failure_of
from keras2to3 import interrupts, platforms
from keras2to3.cli.command_line import AnyOptions, parse
from keras2to3.cli.terminal import can_redraw
from keras2to3.environments.options import EnvironmentOptions
from keras2to3.options import CheckOptions, InspectOptions, Options, RoundTripOptions
from keras2to3.reports.console import Lines

if TYPE_CHECKING:
    from keras2to3.ci.outcome import Outcome


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; only a usage error raises, as SystemExit."""
    options = parse(arguments)
    interrupts.install_handlers()
    show = _show(sys.stderr)
    try:
        return int(_run(options, show))
    except KeyboardInterrupt:
        show.say("interrupted: finished results stay, and no partial files remain")
        return int(Exit.INTERRUPTED)
    except Exception as error:  # noqa: BLE001  (the boundary of the process: a traceback helps no user)
        failure = failure_of(error)
        log = str(failure.detail.get("log", "")).splitlines()
        hint = [f"    hint: {failure.hint}"] if failure.hint else []
        show.say(f"error: {failure}", *hint, *(f"    {line}" for line in log))
        return int(failure.code)


def _run(options: AnyOptions, show: Lines) -> Exit:
    """Each command is imported only when used: only `migrate` needs the environments."""
    if isinstance(options, EnvironmentOptions):
        from keras2to3.environments.command import run

        return run(options, sys.stdout, show.say)
    platforms.require_workers()
    if isinstance(options, InspectOptions):
        from keras2to3.inspection.command import inspect

        return inspect(options, sys.stdout, show.say)
    from keras2to3.ci.outcome import telling

    return telling(options, show.say, functools.partial(_run_on_models, options, show))


def _run_on_models(options: Options | CheckOptions, show: Lines, outcome: Outcome) -> Exit:
    if isinstance(options, CheckOptions):
        from keras2to3.dry_run.check import check

        return check(options, show, outcome)
    if isinstance(options, RoundTripOptions):
        from keras2to3.executors.round_trip import round_trip
        from keras2to3.executors.start import with_environments

        return round_trip(with_environments(options, show), show, outcome)
    from keras2to3.executors.start import start

    return start(options, show, outcome=outcome)


def _show(stream: TextIO) -> Lines:
    """A live table on a terminal, plain lines in logs and notebooks."""
    if not can_redraw(stream, os.environ):
        return Lines(stream)
    from keras2to3.reports.live_table import Table  # late: rich takes longer to import than all of ours

    return Table(stream)
