"""Lambda layers arrive native and verified, with their bodies followed and never run."""

from __future__ import annotations

import json
import zipfile
from typing import Any

import pytest

from tests.e2e.conftest import Command, Run, saved_and_migrated
from tests.lambdas import MODELS, PLAIN, UNSECONDED


@pytest.fixture(scope="module")
def migrated(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Run:
    place = tmp_path_factory.mktemp("lambdas")
    return saved_and_migrated(command, place, "lambdas.py")


@pytest.mark.parametrize("name", MODELS)
def test_it_arrives_with_its_body_recovered_and_checked_a_second_way(migrated: Run, name: str) -> None:
    report = migrated.report(name)
    assert report["status"] == "verified", report["error"]
    assert report["verification"]["reference"] == "recovered"
    second = None if name in UNSECONDED else "numpy"
    assert {row["second"] for row in report["verification"]["recovered"]} == {second}
    assert f"{name}.h5: verified" in migrated.lines
    assert "reference recovered" in migrated.lines


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
