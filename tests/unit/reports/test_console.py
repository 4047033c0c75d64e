"""What the user sees, in lines and as a table."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from interchange.errors import Exit, Failure, Problem, refused
from interchange.messages.training import Training, TrainingVerification
from interchange.messages.verification import ExtremeProbe, OutputComparison, UnprovingProbe, unproven
from keras2to3.cli import main
from keras2to3.options import Options
from keras2to3.reports.console import Lines
from keras2to3.reports.live_table import Table
from keras2to3.reports.report import OutputNeeds, Report, ReportedOutput
from keras2to3.results.plan import Job
from keras2to3.task_state import Task

JOB = Job(Path("models/a.h5"), Path("migrated"), "a")
OUTPUTS = (OutputComparison("a", (17,), "float32", 2e-7, 2e-7, 1e-6, equal=True),)
VERIFICATION = replace(unproven(""), reference="original", why=None, outputs=OUTPUTS, samples=17, numbers=3410)


def verified(strength: str = "full", **more: Any) -> Report:
    return Report({}, "verified", verification=replace(VERIFICATION, strength=strength, **more))


def refusal() -> Report:
    report = Report({})
    report.fail(refused([Problem("net/code", "Lambda", "bytecode", "function", "x", "Rebuild it.")], "no", "a hint"))
    return report


def migrated(job: Job, report: Report, **facts: Any) -> Task:
    found = Task.of(job, Options((job.source,), job.output_dir))
    found.report, found.reported = report, job.report
    for name, value in facts.items():
        setattr(found, name, value)
    return found


def lines(report: Report) -> str:
    stream = io.StringIO()
    Lines(stream).verdict(migrated(JOB, report))
    return stream.getvalue()


def test_a_verdict_says_how_training_goes_on() -> None:
    def told(training: Training, **compared: Any) -> str:
        report = verified(training=TrainingVerification(3, 4, (), **compared))
        report.tell_training(training)
        return lines(report).partition("off)")[2].partition(" ->")[0]

    assert told(Training("kept", steps=1234)) == ", optimizer kept (1,234 steps)"
    assert told(Training("kept", steps=1)) == ", optimizer kept (1 step)"
    assert told(Training("rebuilt", "the file\nhas none")) == ", optimizer rebuilt: the file has none"
    assert told(Training("dropped", "loss differs")) == ", uncompiled: loss differs"
    assert len(told(Training("dropped", "x" * 900))) < 250
    ended = told(Training("kept", steps=9), why="no time")
    assert ended == ", optimizer kept (9 steps), its next steps NOT COMPARED: no time"
    ended = told(Training("kept", steps=9), by_design=("Nadam goes on otherwise",))
    assert ended == ", optimizer kept (9 steps), its next steps are others by design, see changes"


def test_a_verdict_says_what_proves_it() -> None:
    assert lines(verified()) == (
        "models/a.h5: verified, 17 samples, 3,410 numbers (at most 2.0e-07 off) -> migrated/a.keras\n"
    )
    assert "hardly vary" in lines(verified("weak"))
    assert "1 sample, 1 number (" in lines(verified(samples=1, numbers=1))
    assert "off), your samples alone ->" in lines(verified(left_out="it takes none"))
    unlike = tuple(ExtremeProbe(probe, probe == "inf", "") for probe in ("NaN", "inf", "no samples"))
    assert "off), not equal on NaN and no samples ->" in lines(verified(extremes=unlike))
    vain = tuple(UnprovingProbe(probe, "a", noise=0.9, size=1.0) for probe in ("wide", "tiny"))
    assert "off), wide and tiny prove nothing ->" in lines(verified(proves_nothing=vain))
    assert "off), wide proves nothing ->" in lines(verified(proves_nothing=vain[:1]))
    assert "off), wide of a proves nothing ->" in lines(verified(proves_nothing=vain[:1], outputs=OUTPUTS * 2))


@pytest.mark.parametrize("hint", [None, "a hint"])
def test_a_refusal_is_not_said_twice(hint: str | None) -> None:
    report = Report({})
    problem = Problem("net/code", "Lambda", "it holds code", "function", "x", "Rebuild it.")
    report.fail(refused([problem], f"this cannot be: {problem}", hint))
    assert lines(report).splitlines()[:-1] == [
        "models/a.h5: refused: this cannot be: net/code (Lambda) function='x': it holds code",
        "    hint: Rebuild it.",
        *(["    hint: a hint"] if hint else []),
    ]
    report.fail(refused([problem, problem], f"2 things cannot be; the first: {problem}"))
    assert lines(report).startswith("models/a.h5: refused: 2 things cannot be\n    - net/code")
    assert lines(report).count("it holds code") == 2


def test_a_refusal_lists_every_problem() -> None:
    assert lines(refusal()).splitlines() == [
        "models/a.h5: refused: no",
        "    - net/code (Lambda), function='x': bytecode [Rebuild it.]",
        "    hint: a hint",
        "    report: migrated/a.report.json",
    ]


def test_names_that_were_encoded_are_told() -> None:
    stream = io.StringIO()
    Lines(stream).encoded([JOB])
    assert stream.getvalue() == ""
    Lines(stream).encoded([JOB, Job(Path("a:b.h5"), Path("migrated"), "a%3Ab", is_renamed=True)])
    assert "a:b.h5 as a%3Ab" in stream.getvalue()
    assert "models/a.h5" not in stream.getvalue()


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
        show.verdict(migrated(JOB, verified()))
        show.step(other, "loading [bold]")
        show.verdict(migrated(other, refusal()))
    shown = stream.getvalue()
    assert "-> migrated/a.keras" in shown
    assert "2 of 2 done, 1 not verified" in shown
    assert "17 samples" in shown
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
    assert type(main._show(Terminal())) is Table
    assert type(main._show(io.StringIO())) is Lines
    monkeypatch.setenv("TERM", "dumb")
    assert type(main._show(Terminal())) is Lines
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("CI", "1")
    assert type(main._show(Terminal())) is Lines


def test_codes_are_told_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main.main(["--help"])
    text = " ".join(capsys.readouterr().out.split())
    assert all(f"{code.value} {code.meaning}" in text for code in Exit)


STEERING = [
    "\x1b[2J", "\r", "\n", "\0", "\x9b1m", "\u202e", "\u2066", "\u200f", "\u061c", "\u2028", "\x7f", "\x85", "\u200b",
    "\udcff", "\ue000", "\u0378",
]  # fmt: skip
READABLE = ["é", "漢", "🦊", "ñ", "Ω", "д", "e\u0301"]


def tell_all(show: Lines, name: str) -> None:
    """Everything that is ever said of a source, in which everything that others say is `name`."""
    job = Job(Path(f"a{name}.h5"), Path(f"to{name}"), f"a{name}")
    failed = Report.of(job.source, trusted=False)
    problem = Problem(name, name, name, name, {name: name}, name, name)
    failed.fail(Failure(Exit.REFUSED, f"m{name}", f"h{name}", (problem,) * 20, {"log": name}))
    proven = verified()
    proven.verification = replace(VERIFICATION, reference=name)
    needs = OutputNeeds("own", ("Own",), (), "own.py", name)
    proven.output = ReportedOutput("a.keras", "0" * 64, "needs-code", None, needs, bundle=False)
    unproven_report = Report.of(job.source, trusted=False)
    unproven_report.verification = unproven(name)
    show.step(job, name)
    for report in (failed, proven, unproven_report):
        show.verdict(migrated(job, report))
    show.missing([job] * 12)
    show.say(name, f"error: {name}")


def shown(name: str, *, table: bool) -> list[str]:
    stream = io.StringIO()
    console = Console(file=stream, width=2_000, height=100, color_system=None)
    show = Table(stream, console) if table else Lines(stream)
    tell_all(show, name)
    if isinstance(show, Table):
        console.print(show.render())
    return stream.getvalue().split("\n")


@pytest.mark.parametrize("table", [False, True])
@pytest.mark.parametrize("steering", STEERING, ids=ascii)
def test_nothing_that_others_say_steers_a_terminal_or_makes_a_line(steering: str, table: bool) -> None:
    lines = shown(f"b{steering}c", table=table)
    assert len(lines) == len(shown("bc", table=table))
    assert all(line.isprintable() for line in lines)
    assert steering.encode("unicode_escape").decode() in "".join(lines)


@pytest.mark.parametrize("table", [False, True])
def test_nothing_floods_a_terminal(table: bool) -> None:
    lines = shown("b" * 1_000_000, table=table)
    assert len(lines) == len(shown("b", table=table))
    assert all(len(line) < 5_000 for line in lines)


@pytest.mark.parametrize("table", [False, True])
@pytest.mark.parametrize("letter", READABLE)
def test_letters_of_all_scripts_stay_readable(letter: str, table: bool) -> None:
    assert f"b{letter}c" in "".join(shown(f"b{letter}c", table=table))
