"""Models with classes of the user's own on their way back, which --custom-objects defines for either side."""

from __future__ import annotations

import dataclasses
import os
import subprocess
from pathlib import Path

import pytest

from interchange.errors import Exit
from tests.e2e.conftest import Command, Run, saved_by
from tests.support.paths import MODELS, ROOT

OLD, NEW = MODELS / "custom_objects_keras2.py", MODELS / "custom_objects_keras3.py"
BACK = ("--format", "keras", "--flat", "--custom-objects-3", NEW)
AGAIN = """
import sys, keras
from tests.models import custom_objects_keras3 as own
for name in ("archive", "drawn"):
    model = keras.saving.load_model(f"{sys.argv[1]}/{name}.keras", custom_objects=vars(own))
    if model.compiled:
        model.train_on_batch(keras.random.normal((8, 5, 6)), keras.ops.ones((8, 2)))
    model.save(f"{sys.argv[2]}/{name}_saved.keras")
"""
"""Train results further with Keras 3, which leaves out what they were migrated from when it saves them."""


@dataclasses.dataclass(frozen=True)
class Models:
    """Results of `migrate`, what Keras 3 has saved of them since, and the run that has taken both back."""

    migrated: Path
    saved: Path
    back: Run


@pytest.fixture(scope="module")
def models(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Models:
    place = tmp_path_factory.mktemp("customs")
    folder = saved_by(command, place, "custom_models.py", "few")
    sources = folder / "archive.keras", folder / "drawn.h5"
    there = command.run(place, *sources, "--flat", "--custom-objects", OLD, "--custom-objects-3", NEW).output
    saved = place / "saved"
    saved.mkdir()
    again = [command.keras3, "-c", AGAIN, str(there), str(saved)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(again, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    results = there / "archive.keras", there / "drawn.keras"
    back = command.run(place, *results, saved, *BACK, "--custom-objects", OLD, verb="rollback", output="rolled-back")
    return Models(there, saved, back)


# What migrate wrote goes back to what it was, and what Keras 3 saved is built of the classes for Keras 2.
@pytest.mark.parametrize("name", ["archive", "drawn", "archive_saved", "drawn_saved"])
def test_a_model_goes_back_with_the_user_s_classes(models: Models, name: str) -> None:
    report = models.back.report(name)
    assert (report["status"], report["error"]) == ("verified", None)
    assert report["weights"]["identical"] == report["weights"]["tensors"] > 0
    assert report["optimizer"] == ("kept" if name.startswith("archive") else "none")
    noisy = [row["layer"] for row in report["changes"] if "got the same noise" in row["text"]]
    assert noisy == (["z"] if name.startswith("drawn") else [])


@pytest.mark.parametrize("name", ["archive", "drawn"])
def test_the_report_has_the_line_that_opens_it(models: Models, command: Command, name: str) -> None:
    output = models.back.report(name)["output"]
    assert output["kind"] == "keras2"
    assert f"open it with: {output['needs']['usage']}" in models.back.lines
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    line = f"{output['needs']['usage']}; print(model.name)"
    place = models.back.output.parent
    run = [command.keras2, "-c", line]
    done = subprocess.run(run, cwd=place, env=environment, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_what_was_trained_since_becomes_the_model_that_it_began_as(
    models: Models, command: Command, tmp_path: Path
) -> None:
    origin = ("--from", models.migrated / "archive.keras", "--custom-objects", OLD)
    source = models.saved / "archive_saved.keras"
    report = command.run(tmp_path, source, *origin, *BACK, verb="rollback", output="rolled-back").report(
        "archive_saved"
    )
    assert (report["status"], report["optimizer"], report["error"]) == ("verified", "kept", None)


def test_a_class_that_no_file_defines_is_refused_by_its_layer(models: Models, command: Command, tmp_path: Path) -> None:
    run = command.run(tmp_path, models.saved / "drawn_saved.keras", "--flat", verb="rollback", output="rolled-back")
    (problem,) = run.report("drawn_saved")["error"]["problems"]
    assert (run.code, problem["layer"], problem["class"]) == (Exit.REFUSED, "z", "Sampling")
    assert "`--custom-objects old.py --custom-objects-3 new.py`" in problem["unblock"]


def test_what_the_file_for_keras_2_lacks_or_computes_otherwise_is_not_delivered(
    models: Models, command: Command, tmp_path: Path
) -> None:
    other = tmp_path / "other.py"
    text = OLD.read_text().replace("class Sampling(", "class Other(")
    other.write_text(f"{text}\n\ndef bent(x):\n    return 0.5 * x\n")
    sources = models.saved / "drawn_saved.keras", models.migrated / "archive.keras"
    run = command.run(tmp_path, *sources, *BACK, "--custom-objects", other, verb="rollback", output="rolled-back")
    (problem,) = run.report("drawn_saved")["error"]["problems"]
    assert (problem["layer"], problem["class"]) == ("z", "Sampling")
    assert "--custom-objects" in problem["unblock"]
    report = run.report("archive")
    assert (run.code, report["status"], report["output"]) == (Exit.DIFFERS, "differs", None)
    assert "output out differs" in report["error"]["message"]
    assert [(row["name"], row["equal"]) for row in report["verification"]["outputs"]] == [("out", False)]
    assert not [*run.output.rglob("*.keras")]
