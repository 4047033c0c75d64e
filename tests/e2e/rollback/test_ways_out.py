"""What a refusal of the way back says to do is done, and then the model arrives in Keras 2.15."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Command, Run, selected
from tests.models.ways_back import WAYS
from tests.support.paths import MODELS, ROOT

COPIED = [name for name, way in WAYS.items() if way.copied]


@dataclass(frozen=True)
class Found:
    """What is told of the refused models, the run over those that follow, and how far their outputs are apart."""

    refused: Mapping[str, Any]
    followed: Run
    apart: Mapping[str, float]


@pytest.fixture(scope="module")
def found(request: pytest.FixtureRequest, command: Command, tmp_path_factory: pytest.TempPathFactory) -> Found:
    place = tmp_path_factory.mktemp("ways")
    names = selected(request, list(WAYS))
    written = [command.keras3, str(MODELS / "ways_back.py"), str(place), *names]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(written, check=False, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    process = command.start(place, place / "refused", "--back", verb="check")
    process.communicate(timeout=120)
    checked = json.loads((place / "migrated" / "check.json").read_text())["sources"]
    told = {Path(row["source"]["path"]).stem: row for row in checked}
    run = command.run(place, place / "followed", "--flat", verb="rollback", output="rolled-back")
    return Found(told, run, json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("name", WAYS)
def test_a_model_that_follows_its_refusal_arrives(found: Found, name: str) -> None:
    row = found.refused[name]
    assert row["exit_code"] == 4
    assert WAYS[name].text in [problem["unblock"] for problem in row["error"]["problems"]]
    report = found.followed.report(name)
    assert report["status"] == "verified", report["error"]


@pytest.mark.parametrize("name", COPIED)
def test_with_the_weights_copied_it_computes_the_same(found: Found, name: str) -> None:
    assert found.apart[name] < 1e-6
