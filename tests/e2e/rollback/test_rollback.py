"""The way back: stock Keras 2.15 opens what `rollback` writes, and computes and trains as Keras 3 does."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.e2e.conftest import Command, Run, saved_by
from tests.models import training
from tests.support.paths import MODELS, ROOT

TRAINED = ("centred", "by_order", "frozen", "masked", "decaying")
KINDS = {name: training.MODELS[name].kind for name in TRAINED}
TUNED = {name: KINDS[name] for name in ("centred", "frozen", "masked")}
NATIVE = ("perceptron", "convolutions", "sequences", "attention", "shared", "hard_gates")


def ran(python: str, script: str, *arguments: object) -> Any:
    """What a script of `tests/models/` prints at last."""
    command = [python, str(MODELS / script), *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1]) if done.stdout.strip() else None


@dataclasses.dataclass(frozen=True)
class Trip:
    """Trained models of Keras 2, which went to Keras 3 and back, and how both go on in Keras 2.15."""

    run: Run
    truth: Mapping[str, Any]
    found: Mapping[str, Any]

    def row(self, name: str) -> Any:
        """What `roundtrip.json` says of a model."""
        rows = json.loads((self.run.output / "roundtrip.json").read_text())["sources"]
        return next(row for row in rows if Path(row["source"]).stem == name)


@pytest.fixture(scope="module")
def trip(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Trip:
    place = tmp_path_factory.mktemp("trip")
    folder = saved_by(command, place, "training.py", *TRAINED)
    run = command.run(place, folder, "--flat", verb="roundtrip", output="round-trip")
    found = ran(command.keras2, "steps_of_keras2.py", run.output / "keras2", json.dumps(KINDS))
    return Trip(run, json.loads((place / "truth.json").read_text()), found)


@pytest.mark.parametrize("name", TRAINED)
def test_a_round_trip_changes_nothing(trip: Trip, name: str) -> None:
    row = trip.row(name)
    assert row["there"]["exit_code"] == row["back"]["exit_code"] == 0
    assert row["outputs"]["numbers"] == row["outputs"]["identical"] > 0
    assert row["config"] == []
    assert row["weights"]["tensors"] == row["weights"]["identical"] > 0
    assert row["training"]["compile"]
    assert row["training"]["optimizer"]["tensors"] == row["training"]["optimizer"]["identical"] > 0
    for way in ("there", "back"):
        assert row["training"][way]["equal"]
        assert row["training"][way]["losses_apart"] < 1e-5


@pytest.mark.parametrize("name", TRAINED)
def test_training_goes_on_in_keras_2_as_it_did_before(trip: Trip, name: str) -> None:
    assert trip.found[name]["iterations"] == trip.truth[name]["iterations"]
    for ours, theirs in zip(trip.found[name]["steps"], trip.truth[name]["steps"]):
        assert list(ours.values()) == pytest.approx(list(theirs.values()), rel=1e-6)


def test_what_came_back_comes_back_again_with_the_same_bytes(trip: Trip, command: Command, tmp_path: Path) -> None:
    first = trip.run.output
    again = command.run(
        tmp_path,
        *(first / "keras2" / f"{name}.h5" for name in TRAINED[:2]),
        "--flat",
        verb="roundtrip",
        output="round-trip",
    )
    assert again.code == 0, again.lines
    for name in TRAINED[:2]:
        for folder, ending in (("keras3", ".keras"), ("keras2", ".h5")):
            path = Path(folder, f"{name}{ending}")
            assert (first / path).read_bytes() == (again.output / path).read_bytes(), path


@pytest.fixture(scope="module")
def tuned(trip: Trip, command: Command, tmp_path_factory: pytest.TempPathFactory) -> Trip:
    """Results of `migrate` that were trained further, and went back with the result that they began with."""
    place = tmp_path_factory.mktemp("tuned")
    (place / "saved").mkdir()
    there = trip.run.output / "keras3"
    truth = ran(command.keras3, "train_on.py", there, place / "saved", json.dumps(TUNED))
    for name in TUNED:
        origin = there / (f"{name}.keras" if name != "frozen" else f"{name}.report.json")
        run = command.run(
            place, place / "saved" / f"{name}.keras", "--from", origin, "--flat", verb="rollback", output="rolled-back"
        )
    found = ran(command.keras2, "steps_of_keras2.py", run.output, json.dumps(TUNED))
    return Trip(run, truth, found)


@pytest.mark.parametrize("name", TUNED)
def test_what_was_trained_in_keras_3_goes_on_in_keras_2(tuned: Trip, name: str) -> None:
    report = tuned.run.report(name)
    assert report["status"] == "verified", report["error"]
    assert report["optimizer"] == "kept"
    ours, theirs = tuned.found[name], tuned.truth[name]
    assert (ours["iterations"], ours["trainable"]) == (theirs["iterations"], theirs["trainable"])
    assert ours["steps"][0]["loss"] == pytest.approx(theirs["steps"][0]["loss"], rel=1e-4)
    for one, other in zip(ours["outputs"], theirs["outputs"]):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-3)


@dataclasses.dataclass(frozen=True)
class Native:
    """Models that Keras 3 saved itself, and what became of them."""

    run: Run
    folder: Path


@pytest.fixture(scope="module")
def native(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Native:
    place = tmp_path_factory.mktemp("native")
    folder = place / "models"
    folder.mkdir()
    ran(command.keras3, "keras3_models.py", folder)
    return Native(command.run(place, folder, "--flat", verb="rollback", output="rolled-back"), folder)


@pytest.mark.parametrize("name", NATIVE)
def test_a_model_of_keras_3_is_written_with_what_keras_2_has(native: Native, name: str) -> None:
    report = native.run.report(name)
    assert report["status"] == "verified", report["error"]
    assert report["optimizer"] == "none"
    assert report["output"]["kind"] == "keras2"
    assert report["weights"]["tensors"] == report["weights"]["identical"] > 0


def test_what_keras_2_lacks_is_refused_by_name_all_at_once(native: Native) -> None:
    error = native.run.report("refused")["error"]
    assert error["code"] == 4
    named = {(problem["layer"], problem["key"]) for problem in error["problems"]}
    assert named == {("norm", None), ("gates", "recurrent_activation")}
    assert all(problem["unblock"] for problem in error["problems"])


def test_a_check_tells_the_same_without_running_anything(native: Native, command: Command, tmp_path: Path) -> None:
    process = command.start(tmp_path, native.folder, "--back", verb="check")
    lines, _ = process.communicate(timeout=120)
    document = json.loads((tmp_path / "migrated" / "check.json").read_text())
    told = {Path(row["source"]["path"]).stem: row["exit_code"] for row in document["sources"]}
    assert told == {**dict.fromkeys((*NATIVE, "same_names"), 0), "refused": 4}, lines


def test_a_model_that_one_format_cannot_hold_is_written_in_another(
    native: Native, command: Command, tmp_path: Path
) -> None:
    error = native.run.report("same_names")["error"]
    assert error["code"] == 4
    assert "--format" in error["hint"]
    other = command.run(
        tmp_path,
        native.folder / "same_names.keras",
        "--format",
        "keras",
        "--flat",
        verb="rollback",
        output="rolled-back",
    )
    assert other.code == 0, other.lines
    assert (other.output / "same_names.keras").exists()


def test_a_model_is_written_as_a_saved_model(native: Native, command: Command, tmp_path: Path) -> None:
    source = native.folder / "shared.keras"
    run = command.run(tmp_path, source, "--format", "savedmodel", "--flat", verb="rollback", output="rolled-back")
    assert run.code == 0, run.lines
    assert (run.output / "shared.savedmodel" / "saved_model.pb").exists()


def test_weights_of_bfloat16_go_back_as_a_saved_model(command: Command, tmp_path: Path) -> None:
    source = tmp_path / "half.keras"
    code = "import keras; x = keras.Input((6,)); y = keras.layers.Dense(3, dtype='bfloat16')(x); keras.Model(x, y)"
    subprocess.run([command.keras3, "-c", f"{code}.save({str(source)!r})"], check=True, capture_output=True)
    refused = command.run(tmp_path, source, "--flat", verb="rollback", output="rolled-back")
    assert refused.code == 4
    assert refused.report("half")["error"]["hint"] == "choose another format for the result with --format"
    run = command.run(tmp_path, source, "--format", "savedmodel", "--flat", verb="rollback", output="rolled-back")
    assert run.code == 0, run.lines
    assert run.report("half")["status"] == "verified"


def test_a_file_of_keras_2_has_nothing_to_roll_back(trip: Trip, command: Command, tmp_path: Path) -> None:
    source = trip.run.output / "keras2" / "centred.h5"
    run = command.run(tmp_path, source, "--flat", verb="rollback", output="rolled-back")
    assert run.code == 3
    assert "was not saved by Keras 3" in run.lines


@pytest.mark.parametrize("change", ["architecture", "kinds"])
def test_a_provenance_that_was_tampered_with_is_refused(
    trip: Trip, command: Command, tmp_path: Path, change: str
) -> None:
    source = trip.run.output / "keras3" / "centred.keras"
    target = tmp_path / "tampered.keras"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "keras2to3.json":
                document = json.loads(data)
                document[change] = {"class_name": "Functional", "config": {}} if change == "architecture" else {}
                document[change].update({"x": ["y"]} if change == "kinds" else {})
                data = json.dumps(document).encode()
            new.writestr(name, data)
    run = command.run(tmp_path, target, "--flat", verb="rollback", output="rolled-back")
    assert run.code == 4
    assert "digest" in run.lines
