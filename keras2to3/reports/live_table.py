"""What the user sees on a terminal: what is being done, how far it is and how long it takes, below all verdicts."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from rich.cells import cell_len
from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table as Grid
from rich.text import Text

from keras2to3.options.commands import Display
from keras2to3.reports.closing import spoken
from keras2to3.reports.console import Lines
from keras2to3.reports.verdict import printable, shortened
from keras2to3.results.job import Job

if TYPE_CHECKING:
    from keras2to3.task_state import Task

_PER_SECOND = 4
_MARGIN = 4  # lines of the terminal that are left to others
_BAR = 30  # columns of the longest bar
_LEAST_BAR = 6
_LEAST_SHARE = 0.02
_STEPS = 4  # which a source has, as a rule
_ALMOST = 0.9  # of a source whose last step has begun


@dataclass
class _Row:
    """A source at work: the name, the step it is in, since when, and the number of steps that have begun."""

    name: str
    stage: str
    since: float
    steps: int = 0


@dataclass
class Progress:
    """How far a run is; sources that an earlier run has done took no time and tell nothing about the others."""

    begun: float
    sources: int = 0
    resumed: int = 0
    done: int = 0
    failed: int = 0
    rows: dict[Job, _Row] = field(default_factory=dict)

    def share(self) -> float:
        """The part of the work that is done, from 0 to 1."""
        at_work = sum(min(row.steps / (_STEPS + 1), _ALMOST) for row in self.rows.values())
        return min(1.0, (self.done - self.resumed + at_work) / max(1, self.sources - self.resumed))

    def left(self, now: float) -> float | None:
        """Seconds until all is done, if it goes on like this; None as long as too little is known."""
        share = self.share()
        return (now - self.begun) / share * (1 - share) if share >= _LEAST_SHARE else None

    def text(self, now: float) -> str:
        """`12 of 40 done, about 3 min left, 2 without result`."""
        told = [f"{self.done} of {self.sources} done"]
        left = self.left(now)
        told += [f"about {_about(left)} left"] if left is not None and self.done < self.sources else []
        told += [f"{self.failed} without result"] if self.failed else []
        return ", ".join(told)


def _about(seconds: float) -> str:
    """No more exact than a forecast is: tens of seconds, then minutes."""
    if seconds < 55:
        return spoken(max(10, 10 * round(seconds / 10)))
    minutes = max(1, round(seconds / 60))
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


class Table(Lines):
    """A row for each source at work and a bar, which every message and verdict is printed above."""

    def __init__(
        self,
        messages: TextIO,
        verdicts: TextIO | None = None,
        display: Display | None = None,
        log: logging.Logger | None = None,
        console: Console | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(messages, verdicts, display, log)
        self._console = console or Console(file=messages, highlight=False)
        self._clock = clock
        self._progress = Progress(clock())
        self._live: Live | None = None
        self._counting = threading.Lock()  # who draws the rows has that of `Live`, and must not wait for who prints

    @contextlib.contextmanager
    def following(self, jobs: Sequence[Job]) -> Iterator[None]:
        """Keep the rows on the screen until all is done, and then remove them."""
        self._progress = Progress(self._clock(), len(jobs))
        with self._lock:
            self._live = self._begin()
        try:
            yield
        finally:
            with self._lock:
                self._live.stop()
                self._live = None

    def _begin(self) -> Live:
        """The rows from now on; one that has been stopped would erase what was printed since."""
        live = Live(
            get_renderable=self.render,
            console=self._console,
            refresh_per_second=_PER_SECOND,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        live.start(refresh=True)
        return live

    def step(self, job: Job, text: str) -> None:
        """What is being done for a source."""
        with self._counting:
            row = self._progress.rows.get(job)
            steps = row.steps if row else 0
            self._progress.rows[job] = _Row(job.source.name, text, self._clock(), steps + 1)
        self.detail(f"  {job.source.name}: {text}")

    def verdict(self, task: Task) -> None:
        """How it ended; its row goes."""
        with self._counting:
            self._progress.rows.pop(task.job, None)
            self._progress.done += 1
            self._progress.resumed += task.resumed
            self._progress.failed += task.report.error is not None
        super().verdict(task)

    def render(self) -> Group:
        """The rows and the bar as they stand."""
        now, width = self._clock(), self._console.width
        with self._counting:
            rows = list(self._progress.rows.values())[-max(1, self._console.height - _MARGIN) :]
            told, share = self._progress.text(now), self._progress.share()
        names = [shortened(row.name, width * 2 // 5) for row in rows]
        widest = max(map(cell_len, names), default=0)
        lines = [
            f"  {name}{' ' * (widest - cell_len(name))}  {printable(row.stage)} ({spoken(now - row.since)})"
            for name, row in zip(names, rows)
        ]
        return Group(*map(_line, lines), _bar(told, share, width))

    def _print(self, stream: TextIO, lines: Sequence[str]) -> None:
        with self._lock, self._aside(stream):
            super()._print(stream, lines)

    @contextlib.contextmanager
    def _aside(self, stream: TextIO) -> Iterator[None]:
        """The time in which others may print to the terminal, from which the rows are gone."""
        if self._live is None or not (stream is self._messages or stream.isatty()):
            yield
            return
        self._live.stop()
        try:
            yield
        finally:
            self._live = self._begin()


def _line(text: str) -> Text:
    """Text as it is, in which no brackets are markup, in one line."""
    return Text(text, no_wrap=True, overflow="ellipsis")


def _bar(told: str, share: float, width: int) -> Grid:
    grid = Grid.grid(padding=(0, 1, 0, 0))
    room = min(_BAR, width - len(told) - 4)
    bar = [ProgressBar(1.0, share, width=room)] if room >= _LEAST_BAR else []
    grid.add_row(Text(" "), *bar, _line(told))
    return grid
