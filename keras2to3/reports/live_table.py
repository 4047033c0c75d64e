"""What the user sees on a terminal: a live table of the sources at work, and failures in full above it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.live import Live
from rich.table import Column
from rich.table import Table as Grid
from rich.text import Text

from interchange.errors import Exit
from keras2to3.reports.console import Lines, going_on, near, printable, proof, verdict
from keras2to3.results.plan import Job

if TYPE_CHECKING:
    from keras2to3.task_state import Task

_PER_SECOND = 4
_MARGIN = 6  # lines of the terminal that the head of the table and its caption need


@dataclass(frozen=True)
class _Row:
    source: str
    stage: str
    verdict: str = ""
    style: str = ""


class Table(Lines):
    """A live table with a row for each source that has begun, the latest as far as the terminal is high."""

    def __init__(self, stream: TextIO, console: Console | None = None) -> None:
        super().__init__(stream)
        self._console = console or Console(file=stream)
        self._rows: dict[Job, _Row] = {}
        self._sources = self._done = self._failed = 0

    def say(self, *lines: str) -> None:
        """Lines above the table."""
        with contextlib.suppress(OSError):
            self._console.print(Text("\n".join(map(printable, lines))), soft_wrap=True)

    @contextlib.contextmanager
    def following(self, jobs: Sequence[Job]) -> Iterator[None]:
        """Keep the table on the screen; its last state stays."""
        self._sources = len(jobs)
        with Live(get_renderable=self.render, console=self._console, refresh_per_second=_PER_SECOND):
            yield

    def step(self, job: Job, text: str) -> None:
        """What is being done for a source."""
        self._rows[job] = _Row(job.source.name, text)

    def verdict(self, task: Task) -> None:
        """How it ended; what needs more words than a row has is said above the table."""
        job, report = task.job, task.report
        verified = report.exit_code is Exit.VERIFIED
        self._done, self._failed = self._done + 1, self._failed + (not verified)
        told, style = (
            (f"{proof(report)}{going_on(report)}", "yellow" if report.is_unproven else "green")
            if verified
            else (report.status, "red")
        )
        told = f"already there, {told}" if task.resumed else told
        place = job.target if verified else task.reported
        self._rows[job] = _Row(job.source.name, f"-> {near(place)}" if place else "", told, style)
        if not verified or task.removed or report.policy:
            self.say(*verdict(task))

    def render(self) -> Grid:
        """The table as it stands."""
        room = max(1, self._console.height - _MARGIN)
        failed = f", {self._failed} not verified" if self._failed else ""
        grid = Grid(
            Column("source", ratio=2, overflow="ellipsis", no_wrap=True),
            Column("stage", ratio=3, overflow="ellipsis", no_wrap=True),
            Column("verdict", ratio=4, overflow="ellipsis", no_wrap=True),
            caption=f"{self._done} of {self._sources} done{failed}",
            expand=True,
        )
        for row in list(self._rows.values())[-room:]:
            grid.add_row(*map(_cell, (row.source, row.stage)), _cell(row.verdict, row.style))
        return grid


def _cell(text: str, style: str = "") -> Text:
    """Text as it is, in which no brackets are markup and nothing steers the terminal."""
    return Text(printable(text), style)
