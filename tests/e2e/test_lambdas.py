"""Lambda layers arrive native and verified, with their bodies followed and never run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from interchange.errors import Exit
from keras2to3 import install_paths
from tests.e2e.conftest import Command, Run, saved_and_migrated, selected
from tests.models.lambdas import MODELS, PLAIN
from tests.models.refused_lambdas import BODIES


@pytest.fixture(scope="module")
def migrated(request: pytest.FixtureRequest, command: Command, tmp_path_factory: pytest.TempPathFactory) -> Run:
    place = tmp_path_factory.mktemp("lambdas")
    return saved_and_migrated(command, place, "lambdas.py", *selected(request, MODELS))


@pytest.mark.parametrize("name", MODELS)
def test_it_arrives_with_its_body_recovered(migrated: Run, name: str) -> None:
    report = migrated.report(name)
    assert report["status"] == "verified", report["error"]
    assert report["verification"]["reference"] == "recovered"
    assert all(row["body"] and row["python"] for row in report["verification"]["recovered"])
    told = next(line for line in migrated.lines.splitlines() if f"{name}.h5  " in line)
    assert told.startswith("verified")
    assert "reference with translated Lambdas" in told


@pytest.mark.parametrize("name", MODELS)
def test_nothing_of_a_lambda_is_left(migrated: Run, name: str) -> None:
    with zipfile.ZipFile(migrated.output / f"{name}.keras") as archive:
        assert "Lambda" not in archive.read("config.json").decode()


@pytest.mark.parametrize("name", PLAIN)
def test_a_body_for_which_there_is_a_layer_becomes_that_layer(migrated: Run, name: str) -> None:
    with zipfile.ZipFile(migrated.output / f"{name}.keras") as archive:
        config: Any = json.loads(archive.read("config.json"))
    classes = {layer["config"]["name"]: layer["class_name"] for layer in config["config"]["layers"]}
    assert classes["it"] == PLAIN[name]


def checked(place: Path) -> Mapping[str, Any]:
    """What the dry run says of the models that were migrated there, by their names."""
    command = [sys.executable, "-m", "keras2to3", "check", "models", "--output-dir", "checked"]
    environment = {**os.environ, "PYTHONPATH": str(install_paths.payload())}
    subprocess.run(command, check=False, cwd=place, env=environment, capture_output=True)
    rows = json.loads((place / "checked" / "check.json").read_text())["sources"]
    return {Path(row["source"]["path"]).stem: row for row in rows}


def test_the_dry_run_refuses_none_that_is_verified(migrated: Run) -> None:
    rows = checked(migrated.output.parent)
    assert rows.keys() == MODELS.keys()
    assert {name: row["error"] for name, row in rows.items()} == dict.fromkeys(MODELS)


def test_the_dry_run_refuses_for_the_same_what_is_refused_by_reading_it(command: Command, tmp_path: Path) -> None:
    refused = saved_and_migrated(command, tmp_path, "refused_lambdas.py")
    rows = checked(tmp_path)
    assert rows.keys() == BODIES.keys()
    for name, (reason, _) in BODIES.items():
        before, after = rows[name]["error"], refused.report(name)["error"]
        assert (before["code"], after["code"]) == (Exit.REFUSED, Exit.REFUSED), (name, before, after)
        for error in (before, after):
            assert [(row["layer"], reason in row["text"]) for row in error["problems"]] == [("it", True)], error
        assert [row["text"] for row in before["problems"]] == [row["text"] for row in after["problems"]]
