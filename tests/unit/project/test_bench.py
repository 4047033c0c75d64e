"""The figures of the benchmark, made of rounds that nobody has run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench import actions, run
from bench.actions import Setting
from bench.scenarios import SCENARIOS, Figure, Scenario
from docs import performance

SETTING = Setting("keras2", "keras3", "nox", Path())


def rounds(*seconds: float) -> Scenario:
    """A scenario whose rounds take so many seconds, beside ten."""
    left = list(seconds)
    figures = (
        Figure("share", lambda taken: taken["command"] / taken["plain"], most=0.3),
        Figure("speed", lambda taken: 1 / taken["command"], least=0.3, unit="/s"),
        Figure("free", lambda taken: taken["plain"]),
    )
    return Scenario("x", "a model", (lambda *_: {"command": left.pop(0)}, lambda *_: {"plain": 10.0}), figures)


def test_a_figure_is_the_median_of_its_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "source", lambda *_: None)
    found = run._measured(rounds(9.0, 2.0, 4.0), SETTING, 3)
    share, speed, free = found["figures"]
    assert (share["median"], share["lowest"], share["highest"], share["good"]) == (0.4, 0.2, 0.9, False)
    assert (speed["median"], speed["good"]) == (0.25, False)
    assert (free["median"], free["good"]) == (10.0, True)
    assert found["medians"] == {"command": 4.0, "plain": 10.0}
    assert [row["command"] for row in found["rounds"]] == [9.0, 2.0, 4.0]


def test_every_scenario_has_what_its_figures_need() -> None:
    one = dict.fromkeys(
        "imports imports.export imports.import plain command weights command.export.peak command.import.peak stock "
        "stock.load uncompiled outside models tenth last sum.export sum.import first.export last.export first.import "
        "last.import floor.export floor.import".split(),
        2.0,
    )
    one["imports"] = 1.0
    for scenario in SCENARIOS:
        assert scenario.figures
        for figure in scenario.figures:
            assert figure.of(one) > 0, (scenario.name, figure.name)


def test_a_record_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(performance, "_RECORD", tmp_path / "performance.json")
    assert "--record" in performance.listing()
    monkeypatch.setattr(run, "source", lambda *_: None)
    machine = {"processor": "abacus", "cores": 2, "memory_gib": 1.0, "system": "Linux"}
    about = {"date": "2026-01-01", "command": "nox -s bench", "machine": machine}
    document = {"scenarios": [{**run._measured(rounds(2.0), SETTING, 1), **about}]}
    (tmp_path / "performance.json").write_text(json.dumps(document))
    text = performance.listing()
    assert "`nox -s bench`, 2026-01-01, 1 rounds; abacus, 2 cores" in text
    assert "| share | 0.20 | 0.20 to 0.20 | at most 0.3 |" in text
    assert "| speed | 0.50 /s | 0.50 to 0.50 | at least 0.3 |" in text


def test_a_record_keeps_what_was_not_measured_anew(tmp_path: Path) -> None:
    path = tmp_path / "performance.json"
    for row in ({"name": "1000", "date": "1"}, {"name": "small", "date": "1"}, {"name": "1000", "date": "2"}):
        run.keep(row, path)
    assert json.loads(path.read_text()) == {
        "scenarios": [{"name": "small", "date": "1"}, {"name": "1000", "date": "2"}]
    }


def test_what_a_model_costs_is_told_apart_from_a_slow_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    def grows(by: float) -> float:
        seconds = [1 + by * number + (0.5 if number > 960 else 0) for number in range(1, 1001)]
        times = [
            {f"{stage}{part}": value for stage in ("export", "import") for part, value in parts.items()}
            for one in seconds
            for parts in [{"": one + 1, ".wait": 1.0, ".filled": 100.0}]
        ]
        monkeypatch.setattr(actions, "_migrate", lambda *_: (1.0, [{"timing": row} for row in times]))
        found = actions.many(SETTING, "1000")
        assert found["first.export"] == found["last.export"] == 100
        return found["last"] / found["tenth"]

    assert grows(0.0) == pytest.approx(1.0, abs=0.1)
    assert grows(0.001) == pytest.approx(2.0, abs=0.15)
