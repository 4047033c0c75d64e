"""Two models with settings of their own in one file: each gets its own, and is done again for its own alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.e2e.conftest import Command, Run, saved_by
from tests.support.paths import MODELS

SETTINGS = f"""
sources = ["models"]
budget = 20

[[model]]
match = "models/fraud.h5"
replace = ["tf.signal.dct={MODELS}/replacements.py:dct"]
inputs = "samples.npz"

[[model]]
match = "pricing.h5"
custom-objects = "{MODELS}/custom_objects_keras2.py"
custom-objects-3 = "{MODELS}/custom_objects_keras3.py"
rtol = 1e-3
"""


@pytest.fixture(scope="module")
def project(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the models and the settings, migrated."""
    place = saved_by(command, tmp_path_factory.mktemp("project"), "configured.py").parent
    write_samples(place, 1.0)
    (place / "keras2to3.toml").write_text(SETTINGS)
    run = command.run(place)
    assert run.codes() == {"fraud.h5": 0, "pricing.h5": 0}, run.lines
    return place


def write_samples(place: Path, size: float) -> None:
    np.savez(place / "samples.npz", x=np.full((4, 8), size, "float32"))


def report(place: Path, name: str) -> Any:
    return json.loads((place / "migrated" / "models" / f"{name}.report.json").read_text())


def skipped(run: Run) -> dict[str, bool]:
    """Whether each source was left as an earlier run has done it."""
    assert run.code == 0, run.lines
    return {Path(row["source"]).stem: row["resumed"] for row in run.rows}


def test_each_model_gets_its_own_settings(project: Path) -> None:
    fraud, pricing = report(project, "fraud"), report(project, "pricing")
    assert [row["layer"] for row in fraud["replaced"]] == ["tf.signal.dct"]
    assert (fraud["custom_objects"], pricing["replaced"]) == (None, [])
    assert pricing["output"]["needs"]["objects"] == ["Projection"]
    assert {name: row["from"] for name, row in fraud["settings"].items()} == {
        "budget": "keras2to3.toml:3",
        "replace": "keras2to3.toml:7",
        "inputs": "keras2to3.toml:8",
    }
    assert pricing["settings"].keys() == {"budget", "custom-objects", "custom-objects-3", "rtol"}
    assert any("samples" in name for name in fraud["verification"]["inputs"])
    tolerances = {name: made["made_with"]["options"]["rtol"] for name, made in (("f", fraud), ("p", pricing))}
    assert tolerances == {"f": None, "p": 1e-3}


def test_a_change_of_one_model_s_settings_redoes_that_one_alone(command: Command, project: Path) -> None:
    assert skipped(command.run(project)) == {"fraud": True, "pricing": True}
    settings = project / "keras2to3.toml"
    settings.write_text(f"# a line more changes no settings\n{SETTINGS.replace('1e-3', '2e-3')}")
    assert skipped(command.run(project)) == {"fraud": True, "pricing": False}
    assert report(project, "pricing")["settings"]["rtol"] == {"value": 2e-3, "from": "keras2to3.toml:15"}
    write_samples(project, 2.0)
    assert skipped(command.run(project)) == {"fraud": False, "pricing": True}


def test_a_report_repeats_its_run_from_another_folder(command: Command, project: Path, tmp_path: Path) -> None:
    name = project / "migrated" / "models" / "pricing"
    run = command.run(tmp_path, "--from", f"{name}.report.json", "--output-dir", tmp_path / "migrated")
    assert run.codes() == {"pricing.h5": 0}, run.lines
    again = tmp_path / "migrated" / "models" / "pricing.keras"
    assert again.read_bytes() == name.with_name("pricing.keras").read_bytes()
    before, after = report(project, "pricing"), report(tmp_path, "pricing")
    assert before["made_with"] == after["made_with"]
    assert {key: row["from"] for key, row in before["settings"].items()} == {
        key: row["from"] for key, row in after["settings"].items()
    }
