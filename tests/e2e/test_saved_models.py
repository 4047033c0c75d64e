"""SavedModel folders become native models: all of `tests/models/saved_models.py`, migrated by one command."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from interchange.errors import Exit
from tests.e2e.conftest import ROOT, Command, Run, saved_by, selected
from tests.models.saved_models import MODELS, REFUSED

NAMES = [*MODELS, "tf24/given_words"]
# Copies of the models, which are edited.
COPIES = {"no_shard": "dictionaries", "no_graph": "dictionaries", "otherwise": "several_in_and_out"}


def exchange_activation(folder: Path) -> None:
    metadata = folder / "keras_metadata.pb"
    metadata.write_bytes(metadata.read_bytes().replace(b'"activation": "relu"', b'"activation": "tanh"'))


EDITS = {
    "no_shard": lambda folder: (folder / "variables" / "variables.data-00000-of-00001").unlink(),
    "no_graph": lambda folder: (folder / "saved_model.pb").unlink(),
    "otherwise": exchange_activation,
}


@pytest.fixture(scope="module")
def models(request: pytest.FixtureRequest, command: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    needed = selected(request, [*NAMES, *REFUSED, *COPIES])
    saved = {COPIES.get(name, name) for name in needed}
    folder = saved_by(command, tmp_path_factory.mktemp("saved"), "saved_models.py", *sorted(saved))
    for name in needed:
        if name in COPIES:
            shutil.copytree(folder / f"{COPIES[name]}.tf", folder / f"{name}.tf")
            EDITS[name](folder / f"{name}.tf")
    return folder


@pytest.fixture(scope="module")
def migrated(command: Command, models: Path) -> Run:
    return command.run(models.parent, models, "--root", models)


@pytest.mark.parametrize("name", NAMES)
def test_it_becomes_a_native_model(migrated: Run, name: str) -> None:
    report = json.loads((migrated.output / f"{name}.report.json").read_text())
    assert report["status"] == "verified", report["error"]
    assert (report["output"]["kind"], report["verification"]["strength"]) == ("native", "full")
    assert report["verification"]["graph"]["agrees"] is True, report["verification"]["graph"]["text"]
    assert (migrated.output / f"{name}.keras").is_file()


@pytest.mark.models("otherwise")
def test_what_the_graph_in_the_folder_answers_otherwise_is_right(migrated: Run) -> None:
    report = migrated.report("otherwise")
    assert report["error"]["code"] == Exit.DIFFERS
    assert report["verification"]["reference"] == "graph"
    assert report["verification"]["graph"]["agrees"] is False
    assert "normal" in report["verification"]["graph"]["text"]


@pytest.mark.parametrize(("name", "word"), [("no_shard", "data-00000-of-00001"), ("no_graph", "saved_model.pb")])
def test_a_folder_that_lacks_a_file_is_refused_by_its_name(migrated: Run, name: str, word: str) -> None:
    error = migrated.report(name)["error"]
    assert error["code"] == Exit.UNREADABLE
    assert word in error["message"]


def test_check_says_the_same(migrated: Run, models: Path) -> None:
    check = [sys.executable, "-m", "keras2to3", "check", str(models), "--output-dir", str(models.parent / "checked")]
    done = subprocess.run(check, check=False, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == Exit.REFUSED
    assert f"{len(NAMES) + 1} would be tried, {len(REFUSED)} would be refused, 2 would fail" in done.stdout


@pytest.fixture(scope="module")
def served(request: pytest.FixtureRequest, command: Command, models: Path) -> Run:
    folder = models.parent / "served"
    folder.mkdir()
    sources = [models / f"{name}.tf" for name in selected(request, [*REFUSED, "otherwise", "recurrent"])]
    return command.run(folder, *sources, "--serve", "--root", models)


@pytest.mark.parametrize("name", [*REFUSED, "otherwise"])
def test_what_is_refused_goes_on_as_its_graph_when_it_is_asked_for(migrated: Run, served: Run, name: str) -> None:
    error, report = migrated.report(name)["error"], served.report(name)
    assert "pass --serve" in error["hint"]
    assert report["status"] == "verified", report["error"]
    assert report["output"]["kind"] == "serving"
    (why,) = [row["text"] for row in report["changes"] if row["rule"] == "--serve"]
    assert error["message"] in why


@pytest.mark.models("recurrent")
def test_what_is_not_refused_becomes_a_native_model_all_the_same(served: Run) -> None:
    assert served.report("recurrent")["output"]["kind"] == "native"
