"""The line of a verdict: what it tells, and that it is one line of a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from interchange.errors import Problem, refused
from interchange.messages.changes import Change
from interchange.messages.training import Training, TrainingVerification
from interchange.messages.verification import ExtremeProbe, UnprovingProbe, unproven
from interchange.messages.weights import Weights
from keras2to3.reports import outcome
from keras2to3.reports.closing import closing, spoken
from keras2to3.reports.report import OutputNeeds, Report, ReportedOutput
from keras2to3.reports.verdict import WIDTH, Verdict
from tests.support.reports import JOB, OUTPUTS, VERIFICATION, migrated, refusal, verified


def changes(*kinds: str) -> tuple[Change, ...]:
    return tuple(Change("layer", "GRU", kind, "text") for kind in kinds)


@pytest.mark.parametrize(
    ("kinds", "told"),
    [
        ([], []),
        (["structural"], ["1 change"]),
        (["semantic", "training-only"], ["2 changes, 1 for training only"]),
        (["lossy", "lossy", "training-only", "structural"], ["4 changes, 1 for training only, 2 lossy"]),
    ],
)
def test_changes_are_counted_by_what_they_mean(kinds: Sequence[str], told: list[str]) -> None:
    assert outcome.changed(changes(*kinds)) == told


def facts(report: Report) -> list[str]:
    return list(outcome.verdict(migrated(JOB, report)).facts)


def trained(training: Training, **compared: Any) -> Report:
    report = verified(training=TrainingVerification(3, 4, (), **compared))
    report.tell_training(training)
    return report


def test_how_training_goes_on() -> None:
    assert facts(trained(Training("kept", steps=1234))) == ["2.0e-07 off", "optimizer kept"]
    assert facts(trained(Training("rebuilt", "the file has none"))) == ["2.0e-07 off", "optimizer rebuilt"]
    assert facts(trained(Training("dropped", "loss differs"))) == ["2.0e-07 off", "not compiled"]
    report = trained(Training("kept", steps=9), why="no time")
    assert facts(report) == ["2.0e-07 off", "next steps NOT COMPARED", "optimizer kept"]
    report = trained(Training("kept", steps=9), by_design=("Nadam goes on otherwise",))
    assert facts(report) == ["2.0e-07 off", "next steps differ by design", "optimizer kept"]
    lost = verified()
    lost.optimizer = "dropped"
    lost.tell_training(None)
    assert facts(lost) == ["2.0e-07 off", "not compiled", "1 change, 1 for training only"]


def test_verbose_gives_the_reasons() -> None:
    more = outcome.verdict(migrated(JOB, trained(Training("rebuilt", "the file\nhas none", steps=0)))).more
    assert "    optimizer: rebuilt, 0 steps made: the file has none" in more
    more = outcome.verdict(migrated(JOB, trained(Training("kept", steps=1), why="x" * 900))).more
    assert max(map(len, more)) < 250
    assert "    optimizer: kept, 1 step made" in more


def test_what_proves_it_less() -> None:
    assert facts(verified()) == ["2.0e-07 off"]
    assert facts(verified(outputs=(replace(OUTPUTS[0], max_rel=0.0),))) == ["identical"]
    assert facts(verified("weak"))[1:] == ["weak"]
    assert facts(verified(left_out="it takes none"))[1:] == ["your samples alone"]
    assert facts(verified(reference="recovered"))[1:] == ["reference with translated Lambdas"]
    unlike = tuple(ExtremeProbe(probe, probe == "inf", "") for probe in ("NaN", "inf", "no samples"))
    assert facts(verified(extremes=unlike))[1:] == ["not equal on 2 edge cases"]
    assert facts(verified(extremes=unlike[:1]))[1:] == ["not equal on NaN"]
    vain = tuple(UnprovingProbe(probe, "a", noise=0.9, size=1.0) for probe in ("wide", "tiny"))
    assert facts(verified(proves_nothing=vain))[1:] == ["2 probes prove nothing"]
    assert facts(verified(proves_nothing=vain[:1] * 2))[1:] == ["1 probe proves nothing"]


def test_what_was_compared_with_nothing_says_so() -> None:
    report = Report({}, "restored", verification=unproven("nobody knows"), weights=Weights(22, 4, 22, 0))
    told = outcome.verdict(migrated(JOB, report)).lines(WIDTH)
    assert told == [
        "restored   models/a.h5  NOT PROVEN EQUAL, 22 tensors in place",
        "    not proven equal: nobody knows",
    ]


def test_what_a_result_is_opened_with() -> None:
    report = verified()
    needs = OutputNeeds("own", ("Own",), (), "own.py", "import own")
    report.output = ReportedOutput("a.keras", "0" * 64, "needs-code", None, needs, bundle=False)
    assert outcome.verdict(migrated(JOB, report)).lines()[1] == "    open it with: import own"


@pytest.mark.parametrize("hint", [None, "a hint"])
def test_a_refusal_is_not_said_twice(hint: str | None) -> None:
    report = Report({})
    problem = Problem("net/code", "Lambda", "it holds code", "function", "x", "Rebuild it.")
    report.fail(refused([problem], f"1 thing cannot be; the first: {problem}", hint))
    assert outcome.verdict(migrated(JOB, report)).lines()[:-1] == [
        "refused    models/a.h5  net/code (Lambda) function='x': it holds code",
        "    hint: Rebuild it.",
        *(["    hint: a hint"] if hint else []),
    ]
    report.fail(refused([problem, problem], f"2 things cannot be; the first: {problem}"))
    told = outcome.verdict(migrated(JOB, report)).lines()
    assert told[:2] == [
        "refused    models/a.h5  2 things cannot be",
        "    - net/code (Lambda), function='x': it holds code [Rebuild it.]",
    ]
    assert "".join(told).count("it holds code") == 2


def test_a_long_reason_stands_below() -> None:
    told = Verdict("failed", "a.h5", reason="x" * 90, details=["    hint: y"]).lines(40)
    assert told == ["failed     a.h5", f"    {'x' * 90}", "    hint: y"]


def test_what_an_earlier_run_has_done() -> None:
    task = migrated(JOB, verified(), resumed=True, removed=[Path("migrated/a.bundle")])
    assert outcome.verdict(task).lines() == [
        "verified   models/a.h5  already there, 2.0e-07 off",
        "    removed: migrated/a.bundle, an earlier result",
    ]


LONG = "models/fraud/2023/q4/region-north/classifier_with_attention_v12.h5"
FACTS = ["2.0e-07 off", "2 changes, 1 for training only", "optimizer kept"]


def test_a_file_gets_the_whole_name() -> None:
    assert Verdict("verified", LONG, FACTS).lines() == [f"verified   {LONG}  {', '.join(FACTS)}"]


def test_a_terminal_gets_the_ends_of_a_long_name() -> None:
    assert Verdict("verified", LONG, FACTS).lines(200) == Verdict("verified", LONG, FACTS).lines()
    assert Verdict("verified", LONG, FACTS[:2]).lines(80) == [
        "verified   models/f…ttention_v12.h5  2.0e-07 off, 2 changes, 1 for training only"
    ]
    assert Verdict("verified", LONG, FACTS).lines(80) == [
        "verified   models/…ention_v12.h5  2.0e-07 off, 2 changes, 1 for training only, …"
    ]
    assert Verdict("verified", "a.h5", FACTS).lines(80)[0].endswith("training only, optimizer kept")


NAMES = [
    "a.h5",
    LONG,
    "漢字" * 40,
    "e\u0301" * 60,
    "<b>]]>&amp;" * 9,
    "a\x1b[2J\nb" * 20,
    "x" * 10_000,
    "🦊" * 5_000,
    "\u263a\ufe0f" * 50,
]


@pytest.mark.parametrize("columns", [12, 20, 40, 79, 80, 81, 120])
@pytest.mark.parametrize("name", NAMES, ids=lambda name: ascii(name[:6]))
def test_every_name_is_one_harmless_line(name: str, columns: int) -> None:
    for facts in ([], FACTS, ["2.0e-07 off"]):
        (line,) = Verdict("verified", name, facts).lines(columns)
        assert line.isprintable()
        assert cell_len(line) <= max(columns, cell_len("verified   2.0e-07 off, …") + 10)
        if columns >= 40:
            assert cell_len(line) <= columns
            assert "2.0e-07 off" in line or not facts
    (line,) = Verdict("verified", name, FACTS).lines()
    assert line.isprintable()
    assert line.endswith("2.0e-07 off, 2 changes, 1 for training only, optimizer kept")
    assert len(line) < 5_000


def test_a_status_alone_is_coloured() -> None:
    (line,) = Verdict("refused", "\x1b[31mname", reason="\x1b[31mno").lines(coloured=True)
    assert line == "\x1b[31mrefused\x1b[0m    \\x1b[31mname  \\x1b[31mno"


def test_the_closing_line_counts_and_says_where_to_look() -> None:
    statuses = ["failed"] * 3 + ["verified"] * 7 + ["refused"] * 2
    place = Path("migrated/summary.json")
    assert closing(statuses, 7.2, place) == (
        "12 sources: 7 verified, 2 refused, 3 failed (7 s) -> migrated/summary.json"
    )
    assert closing(["ready"], 0.1, place, {"ready": "would be tried"}).startswith("1 source: 1 would be tried (0 s)")
    assert [spoken(seconds) for seconds in (0, 59.4, 59.6, 125, 3599, 3780)] == [
        "0 s", "59 s", "1 min 0 s", "2 min 5 s", "59 min 59 s", "1 h 3 min",
    ]  # fmt: skip


def test_the_refusal_of_the_examples_is_short() -> None:
    assert outcome.verdict(migrated(JOB, refusal())).lines()[0] == "refused    models/a.h5  no"


def test_the_reference_is_told_as_words_of_the_field() -> None:
    assert set(outcome._REFERENCES) == {"normalised", "recovered", "given", "graph"}
    assert VERIFICATION.reference == "original"


def test_a_way_out_that_many_share_is_told_once() -> None:
    report = Report({})
    problems = [Problem(name, "Lambda", "bytecode", unblock="Rebuild it.") for name in ("one", "two")]
    report.fail(refused(problems, "holds 2 parts; the first: one.", "Rebuild it."))
    assert outcome.verdict(migrated(JOB, report)).lines()[1:3] == [
        "    - one (Lambda): bytecode",
        "    - two (Lambda): bytecode",
    ]
    assert "    hint: Rebuild it." in outcome.verdict(migrated(JOB, report)).lines()
