"""The way back, run again: only what is missing or has changed is done; and samples that count on both ways."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from tests.e2e.conftest import Command, saved_by
from tests.e2e.rollback.test_rollback import ran


@pytest.fixture(scope="module")
def sources(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sources")
    ran(command.keras3, "keras3_models.py", folder, "perceptron", "hard_gates")
    return folder


def test_a_rollback_that_runs_again_does_what_has_changed_alone(
    sources: Path, command: Command, tmp_path: Path
) -> None:
    folder = tmp_path / "models"
    shutil.copytree(sources, folder)

    def resumed() -> Mapping[str, bool]:
        run = command.run(tmp_path, "models", "--flat", verb="rollback", output="rolled-back")
        assert run.code == 0, run.lines
        return {Path(row["source"]).stem: row["resumed"] for row in run.rows}

    assert resumed() == {"hard_gates": False, "perceptron": False}
    before = (tmp_path / "rolled-back" / "perceptron.h5").read_bytes()
    assert resumed() == {"hard_gates": True, "perceptron": True}
    shutil.copyfile(sources / "perceptron.keras", folder / "hard_gates.keras")
    assert resumed() == {"hard_gates": False, "perceptron": True}
    assert (tmp_path / "rolled-back" / "perceptron.h5").read_bytes() == before


def test_samples_are_compared_on_both_ways_of_a_round_trip_which_runs_again(command: Command, tmp_path: Path) -> None:
    folder = saved_by(command, tmp_path, "training.py", "centred")
    x = np.random.default_rng(2).normal(size=(3, 6)).astype("float32")
    np.savez(tmp_path / "samples.npz", x=x)
    for is_resumed in (False, True):
        run = command.run(tmp_path, folder, "--flat", "--inputs", "samples.npz", verb="roundtrip", output="round-trip")
        assert run.code == 0, run.lines
        for way in ("keras3", "keras2"):
            summary = json.loads((run.output / way / "summary.json").read_text())
            assert [row["resumed"] for row in summary["sources"]] == [is_resumed]
            report = json.loads((run.output / way / "centred.report.json").read_text())
            assert "samples" in report["verification"]["inputs"]
        (row,) = json.loads((run.output / "roundtrip.json").read_text())["sources"]
        assert row["outputs"]["numbers"] == row["outputs"]["identical"] > 0
