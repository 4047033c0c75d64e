"""The rows and the bar on a terminal."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from keras2to3.options.commands import Display
from keras2to3.reports.live_table import Progress, Table, _Row
from keras2to3.results.job import Job
from tests.support.reports import JOB, migrated, refusal, verified

LONG = "a_classifier_with_a_rather_long_name_of_the_north_v12.h5"


def job(name: str) -> Job:
    return Job(Path(f"models/{name}"), Path("migrated"), name)


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def screen(show: Table, width: int) -> list[str]:
    """The rows as a terminal of this width shows them."""
    stream = io.StringIO()
    Console(file=stream, width=width, height=24, color_system=None).print(show.render())
    return [line.rstrip() for line in stream.getvalue().splitlines()]


def table(width: int, clock: Clock, messages: io.StringIO | None = None, **display: bool) -> Table:
    stream = messages or io.StringIO()
    console = Console(file=stream, width=width, height=24, color_system=None)
    return Table(stream, io.StringIO(), Display(**display), console=console, clock=clock)


@pytest.mark.parametrize("width", [40, 80])
def test_name_and_stage_are_readable(width: int) -> None:
    clock = Clock()
    show = table(width, clock)
    with show.following([job(LONG), JOB, job("b.h5")]):
        show.step(job(LONG), "rebuilding it with Keras 3")
        show.step(JOB, "loading [bold]a.h5[/]")
        show.verdict(migrated(job("b.h5"), refusal()))
        clock.now = 12.0
        rows = screen(show, width)
    assert len(rows) == 3
    assert all(len(row) <= width for row in rows)
    name, stage = rows[0].split(maxsplit=1)
    assert name.startswith("a_cla")
    assert name.endswith("v12.h5")
    assert "rebuilding it" in stage
    assert "loading [bold]" in rows[1]
    assert "1 of 3 done, about 10 s left" in rows[2]
    if width == 80:
        assert rows[0].endswith("rebuilding it with Keras 3 (12 s)")
        assert rows[2].endswith(", 1 without result")


def test_every_verdict_is_printed_and_its_row_goes() -> None:
    show = table(80, Clock())
    verdicts = show._verdicts
    jobs = [job(f"{number}.h5") for number in range(40)]
    with show.following(jobs):
        for each in jobs:
            show.step(each, "loading")
            show.verdict(migrated(each, verified()))
        assert len(screen(show, 80)) == 1
    assert isinstance(verdicts, io.StringIO)
    assert verdicts.getvalue().splitlines() == [f"verified   models/{number}.h5  2.0e-07 off" for number in range(40)]


def test_stages_are_lines_only_for_verbose() -> None:
    for verbose in (False, True):
        messages = io.StringIO()
        show = table(80, Clock(), messages, verbose=verbose)
        show.step(JOB, "loading")
        assert ("  a.h5: loading\n" in messages.getvalue()) is verbose


def test_thousands_of_rows_fit_the_terminal() -> None:
    show = table(80, Clock())
    for number in range(3000):
        show.step(job(f"{number}.h5"), "loading")
    assert len(screen(show, 80)) == 21


def progress(done: int, resumed: int = 0, steps: tuple[int, ...] = (), sources: int = 10) -> Progress:
    rows = {job(str(number)): _Row("", "", 0.0, count) for number, count in enumerate(steps)}
    return Progress(0.0, sources, resumed, done, rows=rows)


def test_the_time_left_follows_from_what_is_done() -> None:
    assert progress(0).left(50.0) is None
    assert progress(5).left(50.0) == 50.0
    assert progress(9, steps=(4,)).left(98.0) == pytest.approx(2.0)
    assert progress(5, resumed=5).left(1.0) is None, "what was there tells nothing of the others"
    assert progress(6, resumed=5).left(10.0) == pytest.approx(40.0)
    assert progress(10).text(50.0) == "10 of 10 done"
    assert progress(5).text(1200.0) == "5 of 10 done, about 20 min left"
    assert progress(5).text(7400.0) == "5 of 10 done, about 2 h 3 min left"
    assert progress(5).text(3.0) == "5 of 10 done, about 10 s left"
