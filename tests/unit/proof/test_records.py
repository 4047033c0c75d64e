"""What the proofs say of themselves: summaries, verdicts, the record, and the page that prints it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from docs import reliability
from proof import generate, mutation, record, soak
from proof.judging import Verdict

ABOUT = {
    "date": "2026-01-02",
    "command": "nox -s mutation",
    "cores": 2,
    "keras": ["Keras 2", "Keras 3"],
    "minutes": 1.5,
}
ROWS = [
    {"model": "lstm", "fault": "axis", "where": "dense", "verdict": "caught", "gap": 3.0, "text": ""},
    {"model": "lstm", "fault": "axis", "where": "lstm", "verdict": "hidden", "gap": 0.5, "text": ""},
    {"model": "gru", "fault": "bias", "where": "gru", "verdict": "missed", "gap": 2.0, "text": "7 of 512"},
    {"model": "gru", "fault": "bias", "where": "dense", "verdict": "unopened", "gap": None, "text": "no"},
    {"model": "cnn", "fault": "", "where": "", "verdict": "unasked", "gap": None, "text": "takes nothing"},
]


def test_faults_are_counted_that_show() -> None:
    found = mutation.summary(ROWS)
    assert {key: found[key] for key in ("models", "faults", "shown", "caught", "hidden", "unopened")} == {
        "models": 2, "faults": 4, "shown": 2, "caught": 1, "hidden": 1, "unopened": 1,
    }  # fmt: skip
    assert found["by_fault"]["bias"] == {"missed": 1, "unopened": 1}
    assert "missed: gru: bias in gru: 7 of 512" in mutation.told(found)
    assert "not asked: cnn: takes nothing" in mutation.told(found)
    assert "2 show, of which 1 are caught (50.00%)" in mutation.told(found)


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        (["caught"] * 200 + ["missed"], 0),
        (["caught"] * 100 + ["missed"], 1),
        (["caught", "unasked"], 1),
        (["hidden"], 1),  # nothing was there to be caught
    ],
)
def test_mutation_fails_where_too_much_is_missed(
    verdicts: list[str], code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    rows = [{**ROWS[0], "verdict": verdict} for verdict in verdicts]
    monkeypatch.setattr(mutation.corpus, "saved", lambda *_: [])
    monkeypatch.setattr(mutation, "migrate", lambda *_: {})
    monkeypatch.setattr(mutation, "judged", lambda *_: rows)
    monkeypatch.setattr(record, "about", lambda *_: ABOUT)
    assert mutation.main(["--folder", str(tmp_path), "--keras2-python", "a", "--keras3-python", "b"]) == code


@pytest.mark.parametrize(("kind", "code"), [("right", 0), ("refused", 0), ("invalid", 0), ("wrong", 1), ("failed", 1)])
def test_generation_fails_where_anything_is_bad(
    kind: str, code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def verdicts(batch: Any, *_: Any) -> dict[str, Verdict]:
        return {
            name: Verdict(kind if name.endswith("3") or name.startswith("shrunk") else "right", "so") for name in batch
        }

    monkeypatch.setattr(generate, "verdicts", verdicts)
    monkeypatch.setattr(record, "about", lambda *_: ABOUT)
    words = ["--count", "5", "--batch", "2", "--folder", str(tmp_path), "--keras2-python", "a", "--keras3-python", "b"]
    assert generate.main(words) == code
    rows = json.loads((tmp_path / "verdicts.json").read_text())
    assert [row["kind"] for row in rows] == ["right", "right", "right", kind, "right"]
    assert [path.name for path in tmp_path.glob("1-*.json")] == (["1-00003.json"] if code else [])
    if code:
        assert len(json.loads((tmp_path / "1-00003.json").read_text())["gene"]["steps"]) == 1  # any is as bad


def test_a_record_keeps_what_was_not_proved_anew(tmp_path: Path) -> None:
    path = tmp_path / "reliability.json"
    for kind, date in (("mutation", "1"), ("generation", "1"), ("mutation", "2")):
        record.keep(kind, {"date": date}, path)
    assert json.loads(path.read_text()) == {"generation": {"date": "1"}, "mutation": {"date": "2"}}


def test_a_record_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reliability, "_RECORD", tmp_path / "reliability.json")
    assert "--record" in reliability.mutation()
    assert "--record" in reliability.generation()
    record.keep("mutation", {**mutation.summary(ROWS), **ABOUT}, tmp_path / "reliability.json")
    judged = {
        "a": Verdict("right"),
        "b": Verdict("refused", "no rule"),
        "c": Verdict("wrong", "off"),
        "d": Verdict("invalid"),
    }
    record.keep("generation", {**generate.summary(judged), **ABOUT}, tmp_path / "reliability.json")
    text = reliability.mutation()
    assert "**1 of 2** (50.00%)" in text
    assert "| gru | bias | `gru` | 2 | 7 of 512 |" in text
    assert "`nox -s mutation`, 2026-01-02, 1.5 minutes on 2 cores; Keras 2, Keras 3" in text
    text = reliability.generation()
    assert "3 models: 1 are verified and right, **1 verified and wrong**, 1 refused, 0 failed" in text
    assert "| 1 | no rule |" in text
    assert "| c | wrong | off |" in text


def test_the_command_that_is_recorded_says_what_was_asked() -> None:
    pythons = ["--keras2-python", "a", "--keras3-python", "b"]
    options = mutation.parser().parse_args(["lstm", "--seed", "3", "--record", *pythons])
    assert mutation.command(options) == "nox -s mutation -- lstm --seed 3"
    assert mutation.command(mutation.parser().parse_args(pythons)) == "nox -s mutation"
    options = generate.parser().parse_args(["--minutes", "5", *pythons])
    assert generate.command(options, 73) == "nox -s generate -- --count 73 --seed 1"


def test_a_soak_adds_up_its_rounds() -> None:
    rounds = [
        {"seed": 1, "counts": {"models right": 3, "faults caught": 2}, "bad": []},
        {"seed": 2, "counts": {"models right": 4, "models wrong": 1}, "bad": ["wrong: 2-00001: off"]},
    ]
    assert soak.summary(rounds) == {
        "rounds": 2,
        "totals": {"faults caught": 2, "models right": 7, "models wrong": 1},
        "bad": [{"seed": 2, "text": "wrong: 2-00001: off"}],
    }


@pytest.mark.parametrize(
    ("output", "passed", "failed"),
    [
        ("...\n3 passed in 1.2s", 3, []),
        ("FAILED tests/a.py::test - x\n1 failed, 2 passed, 7 deselected in 1.2s", 2, ["FAILED tests/a.py::test - x"]),
        ("FAILED tests/a.py::test - x\n1 failed in 1.2s", 0, ["FAILED tests/a.py::test - x"]),
        ("", 0, ["pytest ended without a result"]),
    ],
)
def test_what_pytest_says_is_counted(output: str, passed: int, failed: list[str]) -> None:
    found = soak.counted(output, "50")
    assert found[0] == passed
    assert [text.removesuffix(" with KERAS2TO3_FIRST_SEED=50") for text in found[1]] == failed


def test_a_soak_goes_on_until_the_time_is_over(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seeds: list[int] = []

    def one_round(seed: int, _: Any) -> Any:
        seeds.append(seed)
        return {"seed": seed, "counts": {}, "bad": ["x"] if seed == 6 else []}

    ticks = iter(range(0, 10_000, 25))
    monkeypatch.setattr(soak, "one_round", one_round)
    monkeypatch.setattr(soak.time, "monotonic", lambda: next(ticks))
    monkeypatch.setattr(record, "about", lambda *_: ABOUT)
    words = ["--minutes", "2", "--seed", "5", "--keras2-python", "a", "--keras3-python", "b"]
    assert soak.main(words) == 1
    assert seeds == [5, 6, 7]
