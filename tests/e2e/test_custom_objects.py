"""Classes of the user's own: compared as everything is, opened with the user's file, and a skeleton where one lacks."""

from __future__ import annotations

import ast
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from interchange.errors import Exit
from interchange.messages.results import Needs
from keras2to3.results.usage import usage
from tests.e2e.conftest import Command, Run, saved_by, selected
from tests.support.paths import MODELS

OLD, NEW = MODELS / "custom_objects_keras2.py", MODELS / "custom_objects_keras3.py"
SOURCES = ("several", "archive", "folder", "apart")
CLASSES = {"Attention", "Leaky", "Mixture", "Projection", "Residual", "Sevenths"}


@pytest.fixture(scope="module")
def models(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved_by(command, tmp_path_factory.mktemp("customs"), "custom_models.py")


@pytest.fixture(scope="module")
def given(request: pytest.FixtureRequest, command: Command, models: Path) -> Run:
    needed = selected(request, {path.name.partition(".")[0] for path in models.iterdir()})
    sources = [path for path in sorted(models.iterdir()) if path.name.partition(".")[0] in needed]
    return command.run(models.parent, *sources, "--root", models, "--custom-objects", OLD, "--custom-objects-3", NEW)


@pytest.mark.parametrize("name", SOURCES)
def test_every_format_is_verified_with_the_user_s_classes(given: Run, name: str) -> None:
    report = given.report(name)
    assert (report["status"], report["error"]) == ("verified", None)
    assert report["verification"]["reference"] == "original"
    assert report["output"]["kind"] == "needs-code"
    assert set(report["output"]["needs"]["objects"]) >= CLASSES | {"bent", "shrinking"}
    digests = {side: hashlib.sha256(path.read_bytes()).hexdigest() for side, path in (("keras2", OLD), ("keras3", NEW))}
    assert {side: row["sha256"] for side, row in report["custom_objects"].items()} == digests


@pytest.mark.parametrize("name", ["texts_archive", "texts_folder"])
def test_texts_are_taken_apart_by_the_user_s_functions(given: Run, name: str) -> None:
    report = given.report(name)
    assert (report["status"], report["error"]) == ("verified", None)
    assert set(report["output"]["needs"]["objects"]) == {"by_commas", "tidied"}


@pytest.mark.models("drawn")
def test_a_class_that_draws_at_random_is_compared_number_by_number(given: Run) -> None:
    report = given.report("drawn")
    assert (report["status"], report["output"]["needs"]["objects"], report["error"]) == ("verified", ["Sampling"], None)
    assert (report["verification"]["reference"], report["verification"]["strength"]) == ("original", "full")
    assert [row["layer"] for row in report["changes"] if "got the same noise" in row["text"]] == ["z"]


@pytest.mark.models("several")
def test_weights_that_are_called_otherwise_are_told(given: Run) -> None:
    told = {row["layer"]: row["text"] for row in given.report("several")["changes"] if "the weight" in row["text"]}
    assert told.keys() == {"projection", "each/layer"}
    assert given.report("several")["weights"]["identical"] == given.report("several")["weights"]["tensors"]


@pytest.mark.models("several")
def test_the_line_says_how_to_open_the_result_and_so_it_opens(
    given: Run, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    needs = given.report("several")["output"]["needs"]
    assert f"    open it with: {needs['usage']}" in given.lines
    place = given.output.parent
    shutil.copy(NEW, place)
    monkeypatch.chdir(place)
    named = Needs(needs["module"], (), tuple(needs["unregistered"]))
    beside = usage(given.output / "several.keras", named, place / NEW.name)
    assert "import keras, custom_objects_keras3; " in beside
    for line in (needs["usage"], beside):
        done = subprocess.run(
            [command.keras3, "-c", f"{line}; print(model.name)"],
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
            check=False,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr[-2000:]


LISTING = [f"{name}{ending}" for name in ("trained", "chain") for ending in ("", "_archive", "_folder")]
LISTING.append("counted_folder")  # which lists them, although its class has a constructor of its own


@pytest.mark.parametrize("name", LISTING)
def test_a_model_whose_class_overrides_training_alone_needs_no_class(given: Run, name: str) -> None:
    report = given.report(name)
    assert (report["status"], report["error"]) == ("verified", None)
    assert (report["output"]["kind"], report["verification"]["reference"]) == ("native", "original")
    told = [row["layer"] for row in report["changes"] if "without the class" in row["text"]]
    assert told == (["", "inside"] if name.startswith("trained") else [""])


@pytest.mark.parametrize("name", ["doubled", "doubled_archive", "doubled_folder"])
def test_what_a_class_computes_besides_is_met_when_outputs_are_compared(given: Run, name: str) -> None:
    error = given.report(name)["error"]
    assert error["code"] == Exit.DIFFERS
    assert "does Doubled override `call`?" in error["hint"]


@pytest.mark.models("counted", "counted_archive")
def test_a_model_that_lists_no_layers_is_refused_and_arrives_as_it_is_told(
    given: Run, command: Command, models: Path, tmp_path: Path
) -> None:
    names = ["counted", "counted_archive"]
    for error in (given.report(name)["error"] for name in names):
        assert (error["code"], error.get("missing")) == (Exit.REFUSED, None)
        assert "`--architecture file.py:function`" in error["problems"][0]["unblock"]
    (tmp_path / "file.py").write_text(COUNTED)
    sources = [models / "counted.h5", models / "counted_archive.keras"]
    run = command.run(tmp_path, *sources, "--architecture", f"{tmp_path / 'file.py'}:function")
    assert [run.report(name)["status"] for name in names] == ["verified", "verified"]


COUNTED = """
import keras

def function():
    x = keras.Input((6,))
    return keras.Model(x, keras.layers.Dense(2, name="out")(keras.layers.Dense(4, "tanh", name="hidden")(x)))
"""


@pytest.fixture(scope="module")
def alone(command: Command, models: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    names = ("several.h5", "trained.h5", "trained_folder", "chain_folder", "counted_folder", "doubled_folder")
    return command.run(tmp_path_factory.mktemp("alone"), *(models / name for name in names))


@pytest.mark.parametrize("name", ["trained_folder", "chain_folder", "counted_folder"])
def test_the_graph_tells_that_a_class_computes_what_its_layers_do(alone: Run, name: str) -> None:
    report = alone.report(name)
    assert (report["status"], report["output"]["kind"], report["error"]) == ("verified", "native", None)
    assert report["verification"]["graph"]["agrees"] is True
    assert any("without the class" in row["text"] for row in report["changes"])


def test_where_a_class_computes_more_the_graph_goes_on(alone: Run) -> None:
    report = alone.report("doubled_folder")
    assert (report["status"], report["output"]["kind"], report["error"]) == ("verified", "serving", None)
    assert "output out differs" in report["changes"][0]["text"]


def test_a_class_that_is_as_short_as_the_refusal_says_will_do(
    alone: Run, command: Command, models: Path, tmp_path: Path
) -> None:
    error = alone.report("trained")["error"]
    assert error["code"] == Exit.REFUSED
    assert not (alone.output / "trained_custom.py").exists()
    lines = [line for line in ("import keras", "class Trained(keras.Model): pass") if f"`{line}`" in str(error)]
    (tmp_path / "file.py").write_text("\n".join(lines))
    run = command.run(tmp_path, models / "trained.h5", "--custom-objects", tmp_path / "file.py")
    assert run.report("trained")["status"] == "verified"


def test_without_them_a_skeleton_lies_beside_the_report(alone: Run) -> None:
    run, report = alone, alone.report("several")
    assert (run.code, report["output"]) == (Exit.REFUSED, None)
    assert "several_custom.py has templates" in report["error"]["hint"]
    rows = {row["name"]: row for row in report["error"]["missing"]}
    assert rows["Projection"]["config"]["units"] == 4
    assert {"name": "w", "shape": [6, 4], "dtype": "float32"} in rows["Projection"]["variables"]
    tree = ast.parse((run.output / "several_custom.py").read_text())
    assert {node.name for node in tree.body if isinstance(node, ast.ClassDef)} >= CLASSES - {"Attention"}


def test_a_file_that_does_not_run_is_refused_by_file_line_and_exception(
    command: Command, models: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text(f"{OLD.read_text()}\nimport a_module_nobody_has\n")
    run = command.run(tmp_path, models / "several.h5", "--custom-objects", broken)
    report = run.report("several")
    assert (run.code, report["output"]) == (Exit.REFUSED, None)
    line = broken.read_text().splitlines().index("import a_module_nobody_has") + 1
    for part in ("broken.py", f"line {line}", "ModuleNotFoundError"):
        assert part in report["error"]["message"]
