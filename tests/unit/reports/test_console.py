"""What the user sees, in lines and as a table."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from interchange.errors import Exit, Failure, Problem
from interchange.messages.verification import unproven
from keras2to3.cli import main
from keras2to3.options.commands import Display
from keras2to3.reports import log_file
from keras2to3.reports.console import Lines
from keras2to3.reports.live_table import Table
from keras2to3.reports.report import OutputNeeds, Report, ReportedOutput
from keras2to3.results.job import Job
from tests.support.reports import JOB, VERIFICATION, migrated, refusal, verified


def lines(report: Report) -> str:
    stream = io.StringIO()
    Lines(stream).verdict(migrated(JOB, report))
    return stream.getvalue()


def test_a_verdict_is_a_line_and_what_is_below_it() -> None:
    assert lines(verified()) == "verified   models/a.h5  2.0e-07 off\n"
    assert lines(refusal()).splitlines() == [
        "refused    models/a.h5  no",
        "    - net/code (Lambda), function='x': bytecode [Rebuild it.]",
        "    hint: a hint",
        "    report: migrated/a.report.json",
    ]


def told(show: Lines, *streams: io.StringIO) -> list[str]:
    """What each stream got of everything that can be said."""
    show.say("message")
    show.detail("detail")
    show.step(JOB, "loading")
    show.verdict(migrated(JOB, verified()))
    show.verdict(migrated(JOB, refusal()))
    show.error("error")
    show.closing("2 sources")
    return [stream.getvalue() for stream in streams]


def test_verdicts_go_to_one_stream_and_all_else_to_the_other() -> None:
    messages, verdicts = io.StringIO(), io.StringIO()
    said, results = told(Lines(messages, verdicts), messages, verdicts)
    assert said == "message\n  a.h5: loading\nerror\n"
    assert [line.split()[0] for line in results.splitlines() if line[0] != " "] == ["verified", "refused", "2"]


def test_quiet_leaves_what_went_wrong_and_the_closing_line() -> None:
    messages, verdicts = io.StringIO(), io.StringIO()
    said, results = told(Lines(messages, verdicts, Display(quiet=True)), messages, verdicts)
    assert said == "error\n"
    assert [line.split()[0] for line in results.splitlines() if line[0] != " "] == ["refused", "2"]
    assert "hint: a hint" in results


def test_verbose_tells_what_stands_behind_a_verdict() -> None:
    messages, verdicts = io.StringIO(), io.StringIO()
    said, results = told(Lines(messages, verdicts, Display(verbose=True)), messages, verdicts)
    assert "detail\n" in said
    assert "    result: migrated/a.keras\n    compared: 17 samples, 3,410 numbers\n" in results


@pytest.mark.parametrize("display", [Display(), Display(quiet=True)])
def test_a_log_gets_everything_with_its_time(display: Display, tmp_path: Path) -> None:
    for _ in range(2):
        log = log_file.opened(tmp_path / "log")
        told(Lines(io.StringIO(), display=display, log=log))
        log_file.close(log)
    text = (tmp_path / "log").read_text()
    for words in ("INFO message", "DEBUG detail", "INFO verified   models/a.h5", "ERROR error", "INFO 2 sources"):
        assert text.count(f"Z {words}") == 2
    assert "Z WARNING     hint: a hint" in text
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z [A-Z]+ ", line) for line in text.splitlines())


def test_a_log_is_not_appended_to_another_file(tmp_path: Path) -> None:
    model = tmp_path / "model.h5"
    model.write_bytes(b"\x89HDF")
    with pytest.raises(Failure, match="is not a log of keras2to3") as caught:
        log_file.opened(model)
    assert caught.value.code is Exit.ENVIRONMENT
    assert model.read_bytes() == b"\x89HDF"
    with pytest.raises(Failure, match="cannot be written"):
        log_file.opened(tmp_path / "nowhere" / "log")


@pytest.mark.parametrize(
    ("variables", "on_a_terminal", "in_a_file"),
    [
        ({"TERM": "xterm"}, True, False),
        ({"TERM": "xterm", "NO_COLOR": "1"}, False, False),
        ({"TERM": "xterm", "NO_COLOR": ""}, True, False),
        ({"TERM": "xterm", "FORCE_COLOR": "1"}, True, True),
        ({"TERM": "xterm", "FORCE_COLOR": "1", "NO_COLOR": "1"}, False, False),
        ({"TERM": "dumb", "FORCE_COLOR": "1"}, False, False),
        ({"TERM": "dumb"}, False, False),
    ],
)
def test_colours_are_where_they_are_wanted(
    variables: Mapping[str, str], on_a_terminal: bool, in_a_file: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    for stream, coloured in ((Terminal(), on_a_terminal), (io.StringIO(), in_a_file)):
        Lines(stream).verdict(migrated(JOB, verified()))
        assert ("\x1b[32mverified\x1b[0m" in stream.getvalue()) is coloured
        assert stream.getvalue().isascii()


def test_what_a_part_of_the_work_comes_to_is_no_result() -> None:
    messages, verdicts = io.StringIO(), io.StringIO()
    show = Lines(messages, verdicts)
    with show.preparing():
        show.verdict(migrated(JOB, verified()))
    show.closing("the end")
    assert messages.getvalue().startswith("verified")
    assert verdicts.getvalue() == "the end\n"


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


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


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
        show.verdict(migrated(job, report, kept=job.target, removed=[job.target]))
    show.detail(name)
    show.error(name)
    show.closing(name)
    show.step(job, name)
    show.missing([job] * 12)
    show.say(name, f"error: {name}")


def shown(name: str, *, table: bool) -> list[str]:
    stream = io.StringIO()
    console = Console(file=stream, width=2_000, height=100, color_system=None)
    show = Table(stream, console=console) if table else Lines(stream, display=Display(verbose=True))
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
    assert len(lines) == len(shown("b" * 90, table=table)), "a long reason has a line of its own"
    assert all(len(line) < 5_000 for line in lines)


@pytest.mark.parametrize("table", [False, True])
@pytest.mark.parametrize("letter", READABLE)
def test_letters_of_all_scripts_stay_readable(letter: str, table: bool) -> None:
    assert f"b{letter}c" in "".join(shown(f"b{letter}c", table=table))
