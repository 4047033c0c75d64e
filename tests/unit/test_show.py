"""What the user sees, in lines and as a table."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from interchange.errors import Exit, Problem, refused
from keras2to3 import cli
from keras2to3.outputs import Job
from keras2to3.report import Report
from keras2to3.show import Lines
from keras2to3.table import Table

JOB = Job(Path("models/a.h5"), Path("migrated"), "a")
OUTPUTS = [{"max_rel": 2e-7}]


def verified(strength: str = "full") -> Report:
    return Report({}, "verified", verification={"outputs": OUTPUTS, "inputs": ["x", "y"], "strength": strength})


def refusal() -> Report:
    report = Report({})
    report.fail(refused([Problem("net/code", "Lambda", "bytecode", "function", "x", "Rebuild it.")], "no", "a hint"))
    return report


def lines(report: Report) -> str:
    stream = io.StringIO()
    Lines(stream).verdict(JOB, report)
    return stream.getvalue()


def test_a_verdict_says_what_proves_it() -> None:
    assert lines(verified()) == (
        "models/a.h5: verified, 1 output equal on 2 probes (at most 2.0e-07 off) -> migrated/a.keras\n"
    )
    assert "hardly vary" in lines(verified("weak"))


def test_a_refusal_lists_every_problem() -> None:
    assert lines(refusal()).splitlines() == [
        "models/a.h5: refused: no",
        "    - net/code (Lambda), function='x': bytecode [Rebuild it.]",
        "    hint: a hint",
        "    report: migrated/a.report.json",
    ]


def test_what_is_missing_is_named_up_to_a_number() -> None:
    stream = io.StringIO()
    show = Lines(stream)
    show.missing([])
    show.missing([Job(Path(f"{number}.h5"), Path(), "") for number in range(12)])
    assert stream.getvalue().startswith("not migrated: 0.h5, 1.h5")
    assert stream.getvalue().endswith("and 2 more\n")


def test_that_nobody_reads_it_is_no_reason_to_stop() -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError(32, "Broken pipe")

    Lines(Closed()).step(JOB, "loading")


def test_a_table_has_a_row_for_each_source_that_has_begun() -> None:
    stream = io.StringIO()
    console = Console(file=stream, width=120, height=40, force_terminal=True, color_system=None)
    show = Table(stream, console)
    other = Job(Path("b[red].h5"), Path("migrated"), "b")
    with show.following([JOB, other]):
        show.step(JOB, "loading")
        show.verdict(JOB, verified())
        show.step(other, "loading [bold]")
        show.verdict(other, refusal())
    shown = stream.getvalue()
    assert "-> migrated/a.keras" in shown
    assert "2 of 2 done, 1 not verified" in shown
    assert "1 output equal" in shown
    assert "b[red].h5" in shown
    assert "hint: a hint" in shown


def test_a_table_of_thousands_fits_the_terminal() -> None:
    stream = io.StringIO()
    show = Table(stream, Console(file=stream, width=80, height=20, force_terminal=True))
    for number in range(3000):
        show.step(Job(Path(f"{number}.h5"), Path(), str(number)), "loading")
    assert show.render().row_count == 14


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_table_only_where_somebody_is_watching(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert type(cli._show(Terminal())) is Table
    assert type(cli._show(io.StringIO())) is Lines
    monkeypatch.setenv("TERM", "dumb")
    assert type(cli._show(Terminal())) is Lines
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("CI", "1")
    assert type(cli._show(Terminal())) is Lines


def test_codes_are_told_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert all(f"{code.value} {code.meaning}" in text for code in Exit)
