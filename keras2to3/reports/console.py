"""What the user sees: verdicts on one stream, and on another what is being done, in plain lines.

Names and texts of files and workers come here as they are, and are escaped where they are printed.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from keras2to3.options.commands import Display
from keras2to3.reports import outcome
from keras2to3.reports.statuses import STATUSES
from keras2to3.reports.verdict import Verdict, printable
from keras2to3.results.job import Job
from keras2to3.terminal import NO_CURSOR

if TYPE_CHECKING:
    from keras2to3.task_state import Task

_NAMED = 10  # missing sources that are named on the screen; the summary names all


Known = Callable[[str], str]
"""A text with the places in it that a user knows."""


class Lines:
    """Plain lines: messages on one stream, which is standard error for the command, and verdicts on another.

    `document` is what `--json` prints in the end.
    """

    def __init__(
        self,
        messages: TextIO,
        verdicts: TextIO | None = None,
        display: Display | None = None,
        log: logging.Logger | None = None,
    ) -> None:
        self._messages, self._verdicts = messages, verdicts or messages
        self._display, self._log = display or Display(), log
        self._lock = threading.RLock()  # the exporter and the importer speak at the same time
        self._coloured = is_coloured(self._verdicts, os.environ)
        self.document: Mapping[str, Any] | None = None
        self._known_as: Known = str

    def say(self, *lines: str) -> None:
        """Messages, each on a line of its own, whatever is in it."""
        lines = tuple(map(self._known_as, lines))
        self._record(logging.INFO, lines)
        if not self._display.quiet:
            self._print(self._messages, list(map(printable, lines)))

    def detail(self, *lines: str) -> None:
        """Messages for `--verbose`."""
        lines = tuple(map(self._known_as, lines))
        self._record(logging.DEBUG, lines)
        if self._display.verbose:
            self._print(self._messages, list(map(printable, lines)))

    def error(self, *lines: str) -> None:
        """What went wrong with the run itself."""
        lines = tuple(map(self._known_as, lines))
        self._record(logging.ERROR, lines)
        self._print(self._messages, list(map(printable, lines)))

    @contextlib.contextmanager
    def following(self, jobs: Sequence[Job]) -> Iterator[None]:  # noqa: ARG002  (a table wants to know)
        """The time in which `jobs` are worked on."""
        yield

    def step(self, job: Job, text: str) -> None:
        """What is being done for a source."""
        self.say(f"  {job.source.name}: {text}")

    def verdict(self, task: Task) -> None:
        """How it ended, in this run or in an earlier one."""
        self.result(outcome.verdict(task))

    def result(self, verdict: Verdict) -> None:
        """A verdict on a source."""
        verdict = verdict.known_as(self._known_as)
        arrived = STATUSES[verdict.status].arrived and not verdict.fails
        self._record(logging.INFO if arrived else logging.WARNING, verdict.lines(verbose=True))
        if not (arrived and self._display.quiet):
            columns, verbose = width_of(self._verdicts), self._display.verbose
            self._print(self._verdicts, verdict.lines(columns, verbose=verbose, coloured=self._coloured))

    def closing(self, line: str) -> None:
        """The last line on all sources."""
        line = self._known_as(line)
        self._record(logging.INFO, [line])
        self._print(self._verdicts, [printable(line)])

    @contextlib.contextmanager
    def calling(self, known_as: Known) -> Iterator[None]:
        """The time in which places have other names than users know, which are the ones to be printed."""
        before, self._known_as = self._known_as, known_as
        try:
            yield
        finally:
            self._known_as = before

    @contextlib.contextmanager
    def preparing(self) -> Iterator[None]:
        """The time of a part of the work, whose verdicts are no more than messages."""
        verdicts, self._verdicts = self._verdicts, self._messages
        coloured, self._coloured = self._coloured, is_coloured(self._messages, os.environ)
        try:
            yield
        finally:
            self._verdicts, self._coloured = verdicts, coloured

    def encoded(self, jobs: Sequence[Job]) -> None:
        """Which results are not called as their sources, for other file systems cannot hold the names."""
        told = [f"{job.source} as {job.stem}" for job in jobs if job.is_renamed]
        if told:
            self.say(f"results have percent-encoded names, which every file system holds: {_some(told)}")

    def missing(self, jobs: Sequence[Job]) -> None:
        """Which sources an interruption has cost."""
        if jobs:
            self.error(f"not migrated: {_some([str(job.source) for job in jobs])}")

    def _record(self, level: int, lines: Sequence[str]) -> None:
        if self._log is not None:
            for line in lines:
                self._log.log(level, "%s", printable(line))

    def _print(self, stream: TextIO, lines: Sequence[str]) -> None:
        with self._lock:
            put("\n".join(lines), stream)


def put(text: str, stream: TextIO) -> None:
    """Print a text. If the reader has closed the pipe, as `| head` does, the rest is discarded without an error."""
    try:
        print(text, file=stream, flush=True)
    except OSError:
        with contextlib.suppress(OSError):  # a stream without a file has no number
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def width_of(stream: TextIO) -> int | None:
    """The width of the terminal behind a stream; None if there is none, or it does not tell."""
    if not stream.isatty():
        return None
    try:
        return os.get_terminal_size(stream.fileno()).columns or None
    except OSError:
        return None


def is_coloured(stream: TextIO, environment: Mapping[str, str]) -> bool:
    """Whether words have colours, by the stream and what the user has set (no-color.org, force-color.org)."""
    if environment.get("NO_COLOR") or environment.get("TERM") in NO_CURSOR:
        return False
    return bool(environment.get("FORCE_COLOR")) or stream.isatty()


def _some(names: Sequence[str]) -> str:
    """The first of many names."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{', '.join(names[:_NAMED])}{more}"
