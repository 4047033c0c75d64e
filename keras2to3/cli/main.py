"""The entry point: parse the arguments, run a command, return its exit code."""

from __future__ import annotations

import functools
import io
import logging
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from interchange.errors import Exit, Failure, failure_of
from keras2to3 import interrupts, platforms
from keras2to3.cli.command_line import AnyOptions, parse
from keras2to3.environments.options import EnvironmentOptions
from keras2to3.options.commands import (
    CheckOptions,
    Display,
    InspectOptions,
    Options,
    RoundTripOptions,
)
from keras2to3.options.shards import MergeOptions, ShardOptions
from keras2to3.reports import document, log_file
from keras2to3.reports.console import Lines, put
from keras2to3.terminal import can_redraw

if TYPE_CHECKING:
    from keras2to3.ci.recorder import Recorder

_PRINTING = (InspectOptions, EnvironmentOptions)
"""Commands that print their document themselves, if they do not fail."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; only a usage error raises, as SystemExit."""
    options = parse(arguments)
    interrupts.install_handlers()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # as stderr does: a name is no reason to fail
    show, log, failure = _show(options.display), None, None
    try:
        if options.display.log_file:
            log = log_file.opened(options.display.log_file)
            show = _show(options.display, log)
        code = _run(options, show)
    except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001  (the boundary of the process)
        failure = _told(error, show)
        code = failure.code
    log_file.close(log)
    if options.display.json and (failure or not isinstance(options, _PRINTING)):
        put(document.text(show.document, code, failure), sys.stdout)
    return int(code)


def _told(error: BaseException, show: Lines) -> Failure:
    """Why the command ends, which the user is told; a traceback helps none."""
    if isinstance(error, KeyboardInterrupt):
        show.error("interrupted: finished results stay, and no partial files remain")
        return Failure(Exit.INTERRUPTED, "interrupted")
    assert isinstance(error, Exception)
    failure = failure_of(error)
    log = str(failure.detail.get("log", "")).splitlines()
    hint = [f"    hint: {failure.hint}"] if failure.hint else []
    show.error(f"error: {failure}", *hint, *(f"    {line}" for line in log))
    return failure


def _run(options: AnyOptions, show: Lines) -> Exit:
    """Each command is imported only when used: only `migrate` needs the environments."""
    if configuration := getattr(options, "configuration", None):
        show.say(f"settings: {configuration}")
    if isinstance(options, EnvironmentOptions):
        from keras2to3.environments.command import run

        return run(options, sys.stdout, show.say)
    platforms.require_workers()
    if isinstance(options, InspectOptions):
        from keras2to3.inspection.command import inspect

        return inspect(options, sys.stdout, show.say)
    assert isinstance(options, (Options, CheckOptions, ShardOptions, MergeOptions))
    if isinstance(options, (ShardOptions, MergeOptions)) or options.is_sharded:
        from keras2to3.fleet.command import run as run_shards

        return run_shards(options, show)
    from keras2to3.ci.recorder import telling

    return telling(options, show, functools.partial(_run_on_models, options, show))


def _run_on_models(options: Options | CheckOptions, show: Lines, recorder: Recorder) -> Exit:
    if isinstance(options, CheckOptions):
        from keras2to3.dry_run.check import check

        return check(options, show, recorder)
    if isinstance(options, RoundTripOptions):
        from keras2to3.executors.round_trip import round_trip
        from keras2to3.executors.start import with_environments

        return round_trip(with_environments(options, show), show, recorder)
    from keras2to3.executors.start import start

    return start(options, show, recorder=recorder)


def _show(display: Display, log: logging.Logger | None = None) -> Lines:
    """A live table on a terminal, plain lines in logs and notebooks; with `--json` standard output is a document."""
    verdicts = sys.stderr if display.json else sys.stdout
    if display.quiet or not can_redraw(sys.stderr, os.environ):
        return Lines(sys.stderr, verdicts, display, log)
    from keras2to3.reports.live_table import Table  # late: rich takes longer to import than all of ours

    return Table(sys.stderr, verdicts, display, log)
