"""`keras.applications`: a small model of each family with layers of its own arrives verified."""

from __future__ import annotations

import pytest

from tests.e2e.conftest import Command, Run, saved_and_migrated, selected
from tests.models.applications import SMALL


@pytest.fixture(scope="module")
def migrated(request: pytest.FixtureRequest, command: Command, tmp_path_factory: pytest.TempPathFactory) -> Run:
    place = tmp_path_factory.mktemp("applications")
    return saved_and_migrated(command, place, "applications.py", *selected(request, SMALL))


@pytest.mark.parametrize("name", SMALL)
def test_it_arrives(migrated: Run, name: str) -> None:
    report = migrated.report(name)
    assert report["status"] == "verified", report["error"]
    assert report["verification"]["strength"] == "full"
