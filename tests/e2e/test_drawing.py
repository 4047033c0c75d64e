"""Models that draw at random at inference arrive native, and verified with the same noise given to both."""

from __future__ import annotations

import json
import zipfile

import pytest

from tests.e2e.conftest import Command, Run, saved_and_migrated, selected
from tests.models.random_at_inference import MODELS


@pytest.fixture(scope="module")
def migrated(request: pytest.FixtureRequest, command: Command, tmp_path_factory: pytest.TempPathFactory) -> Run:
    names = selected(request, MODELS)
    return saved_and_migrated(command, tmp_path_factory.mktemp("drawing"), "random_at_inference.py", *names)


@pytest.mark.parametrize("name", MODELS)
def test_it_is_verified_and_tells_where_its_noise_comes_from(migrated: Run, name: str) -> None:
    report = migrated.report(name)
    assert report["status"] == "verified", report["error"]
    assert all(row["equal"] for row in report["verification"]["outputs"])
    kinds = {change["kind"] for change in report["changes"] if "keras.random" in change["text"]}
    assert kinds == {"semantic"}


@pytest.mark.parametrize("name", ["vae", "bodies"])
def test_a_body_that_draws_is_in_the_report(migrated: Run, name: str) -> None:
    (row,) = migrated.report(name)["verification"]["recovered"]
    assert "random" in row["body"] or "truncated_normal" in row["body"]


@pytest.mark.parametrize("name", MODELS)
def test_nothing_of_a_lambda_is_left(migrated: Run, name: str) -> None:
    with zipfile.ZipFile(migrated.output / f"{name}.keras") as archive:
        config = archive.read("config.json").decode()
    assert "Lambda" not in config
    assert "keras2to3" not in json.dumps(json.loads(config))
