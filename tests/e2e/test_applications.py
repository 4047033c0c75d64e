"""`keras.applications`: a small model of each family with layers of its own arrives verified."""

from __future__ import annotations

import subprocess

import pytest

from tests.applications import SMALL
from tests.e2e.conftest import ROOT, Command, Run


@pytest.fixture(scope="module")
def migrated(command: Command, plain_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Run:
    place = tmp_path_factory.mktemp("applications")
    models = place / "models"
    models.mkdir()
    saved = [command.keras2, str(ROOT / "tests" / "applications.py"), str(models)]
    done = subprocess.run(saved, check=False, capture_output=True, text=True, env=plain_environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return command.run(place, models)


@pytest.mark.parametrize("name", SMALL)
def test_it_arrives(migrated: Run, name: str) -> None:
    report = migrated.report(name)
    assert report["status"] == "verified", report["error"]
    assert report["verification"]["strength"] == "full"
