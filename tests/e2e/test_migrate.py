"""What arrives: one run of the command over many models, and the results opened by a stranger."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy
import pytest

from interchange.errors import Exit
from keras2to3.sandbox import RESTRICTIONS
from tests.e2e.conftest import GOOD, Command, Run
from tests.models import broken_files
from tests.models.layer_rules import examples


def changes(report: dict, kind: str) -> list[str]:
    return [change["text"] for change in report["changes"] if change["kind"] == kind]


@pytest.mark.parametrize("name", [*GOOD, "code_or_prose"])
def test_a_good_model_arrives_among_broken_ones(everything: Run, name: str) -> None:
    report = everything.report(name)
    assert report["status"] == "verified", report["error"]
    assert report["error"] is None
    assert report["weights"]["tensors"] == report["weights"]["identical"]
    assert report["output"]["path"] == f"migrated/{name}.keras"
    assert (everything.output / f"{name}.keras").is_file()
    assert all(row["equal"] for row in report["verification"]["outputs"])


@pytest.mark.models(*GOOD)
def test_the_walls_of_both_workers_are_told_and_a_missing_one_is_a_warning(everything: Run) -> None:
    for worker in ("keras2", "keras3"):
        boxes = [everything.report(name)["environments"][worker]["box"] for name in GOOD]
        assert all(box == boxes[0] for box in boxes)
        assert set(boxes[0]) == set(RESTRICTIONS)
        module = {"keras2": "exporter", "keras3": "importer"}[worker]
        assert everything.lines.count(f"warning: the {module} works without") == (None in boxes[0].values())


@pytest.mark.models("gru_time_major", "lstm_hard_sigmoid", "compiled")
def test_what_changed_is_told(everything: Run) -> None:
    assert any("time_major" in text for text in changes(everything.report("gru_time_major"), "structural"))
    assert any("hard_sigmoid" in text for text in changes(everything.report("lstm_hard_sigmoid"), "semantic"))
    compiled = everything.report("compiled")
    assert (compiled["optimizer"], compiled["training"]["steps"], changes(compiled, "training-only")) == ("kept", 1, [])


@pytest.mark.models("lstm_hard_sigmoid")
def test_hard_sigmoid_is_equal_to_a_millionth(everything: Run) -> None:
    for row in everything.report("lstm_hard_sigmoid")["verification"]["outputs"]:
        assert row["max_abs"] <= 1e-6


@pytest.mark.models("dense", "compiled")
def test_a_result_answers_at_the_ends_as_keras_2_does(everything: Run) -> None:
    asked = {"NaN", "inf", "-inf", "NaN and inf"}
    for name in ("dense", "compiled"):
        rows = everything.report(name)["verification"]["extremes"]
        assert {row["probe"] for row in rows} == asked
        assert all(row["equal"] for row in rows), rows


@pytest.mark.parametrize("name", broken_files.CASES)
def test_a_broken_model_is_told_and_leaves_nothing(everything: Run, name: str) -> None:
    case, report = broken_files.CASES[name], everything.report(name)
    error = report["error"]
    assert error["code"] == case.code, error
    assert bool(error["hint"]) == (name not in broken_files.WITHOUT_A_WAY_OUT)
    assert "\n" not in error["message"]
    assert case.says in json.dumps(error)
    assert report["output"] is None
    assert not list(everything.output.rglob(f"{name}.keras"))


@pytest.mark.models("dense")
def test_neither_a_folder_without_models_nor_a_missing_file_stops_the_others(everything: Run) -> None:
    assert everything.report("nothing")["error"]["code"] == Exit.UNREADABLE
    assert everything.report("nowhere")["error"]["code"] == Exit.UNREADABLE


def test_the_highest_code_wins_and_the_user_sees_no_traceback(everything: Run) -> None:
    assert everything.code == everything.summary["exit_code"] == max(everything.codes().values()) == Exit.WEIGHTS
    assert "Traceback" not in everything.lines


@pytest.mark.models("dense")
def test_results_have_the_folders_of_their_sources(everything: Run) -> None:
    assert everything.report("Dense")["source"]["path"] == "other/Dense.h5"
    assert (everything.output / "other" / "Dense.keras").is_file()


def test_a_source_named_twice_is_migrated_once(everything: Run) -> None:
    sources = [row["source"] for row in everything.summary["sources"]]
    assert len(sources) == len(set(sources))
    assert len(sources) == len(GOOD) + 1 + 1 + len(broken_files.CASES) + 2 + len(examples())


def test_nothing_is_left_besides_results(everything: Run) -> None:
    told = (".keras", ".report.json", ".report.html")
    left = {path.name for path in everything.output.rglob("*") if not path.name.endswith(told)}
    lacking = (name for name in broken_files.CASES if everything.report(name)["error"].get("missing"))
    assert left == {"summary.json", "summary.html", "broken", "other", *(f"{name}_custom.py" for name in lacking)}
    assert len(left) > 1


@pytest.mark.parametrize("name", examples())
def test_every_example_of_every_rule_arrives(everything: Run, name: str) -> None:
    report = everything.report(name)
    assert report["status"] == "verified", report["error"]


@pytest.mark.models(*GOOD)
def test_the_same_again_leaves_what_is_verified_as_it_is(
    everything: Run, command: Command, models: Path, tmp_path: Path
) -> None:
    output = tmp_path / "migrated"
    shutil.copytree(everything.output, output)
    run = command.run(tmp_path, *(models / f"{name}.h5" for name in GOOD))
    assert run.code == Exit.VERIFIED
    assert all(row["resumed"] for row in run.rows), run.lines
    for path in everything.output.glob("*.*"):
        assert path.stem == "summary" or path.read_bytes() == (output / path.name).read_bytes()


def test_samples_of_the_users_alone_prove_what_they_prove_and_fit_or_are_told(
    command: Command, models: Path, tmp_path: Path
) -> None:
    numpy.savez(tmp_path / "samples.npz", in0=numpy.ones((3, 4), "float32"))
    sources = (models / f"{name}.h5" for name in ("dense", "gru_time_major"))
    run = command.run(tmp_path, *sources, "--inputs", "samples.npz", "--inputs-only")
    told = next(line for line in run.lines.splitlines() if "dense.h5" in line and line.startswith("verified"))
    assert "weak, your samples alone" in told, "all three samples are the same"
    facts = run.report("dense")["verification"]
    assert (facts["samples"], facts["numbers"]) == (3, 6)
    assert (facts["inputs"], facts["left_out"]) == (["samples"], "--inputs-only was given")
    error = run.report("gru_time_major")["error"]
    assert error["code"] == Exit.USAGE
    assert "takes float32 of shape (None, None, 3), and is given float32 of shape (3, 4)" in error["message"]


OPEN = """
import json, sys
import keras, numpy
from importlib.util import find_spec
assert not [name for name in ("keras2to3", "importer", "interchange") if find_spec(name)]
for path in sys.argv[1:]:
    model = keras.saving.load_model(path)
    shapes = [[2, *(size or 7 for size in tensor.shape[1:])] for tensor in model.inputs]
    outputs = model([numpy.zeros(shape, tensor.dtype) for shape, tensor in zip(shapes, model.inputs)])
    modules = {type(layer).__module__.partition(".")[0] for layer in model._flatten_layers()}
    assert modules == {"keras"}, modules
print("opened", len(sys.argv) - 1)
"""


@pytest.mark.models(*GOOD)
def test_stock_keras_3_opens_the_results_in_safe_mode(
    everything: Run, command: Command, plain_environment: dict[str, str], tmp_path: Path
) -> None:
    paths = [str(everything.output / f"{name}.keras") for name in (*GOOD, "code_or_prose")]
    opened = [command.keras3, "-c", OPEN, *paths]
    done = subprocess.run(opened, check=False, capture_output=True, text=True, cwd=tmp_path, env=plain_environment)
    assert done.stdout == f"opened {len(paths)}\n", done.stderr[-2000:]


@pytest.mark.models("gru_time_major", "rescaling_numpy_scale")
def test_two_runs_give_the_same_bytes_however_many_work_on_it(
    everything: Run, command: Command, models: Path, tmp_path: Path
) -> None:
    names = ("gru_time_major", "rescaling_numpy_scale")
    again = command.run(tmp_path, *(models / f"{name}.h5" for name in names), "--jobs", 2)
    assert again.code == Exit.VERIFIED, again.lines
    for name in names:
        first, second = ((run.output / f"{name}.keras").read_bytes() for run in (everything, again))
        assert first == second
        reports = [{**run.report(name), "timing": None} for run in (everything, again)]
        assert reports[0] == reports[1]


@pytest.mark.models("gru_time_major", "rescaling_numpy_scale")
def test_a_model_of_keras_3_stays_as_it_is_or_is_put_right_where_it_is_known_what_is_wrong(
    everything: Run, command: Command, tmp_path: Path
) -> None:
    good, scaled = (everything.output / f"{name}.keras" for name in ("gru_time_major", "rescaling_numpy_scale"))
    shutil.copy(good, tmp_path / "good.keras")
    replaced(good, tmp_path / "broken.keras", lambda text: text.replace('"reset_after"', '"reset_whenever"'))
    replaced(scaled, tmp_path / "tracked_dict.keras", with_arrays)
    run = command.run(tmp_path, "good.keras", "broken.keras", "tracked_dict.keras")
    assert (run.report("good")["status"], run.report("good")["output"]) == ("unchanged", None)
    assert "unchanged  good.keras  " in run.lines
    error = run.report("broken")["error"]
    assert error["code"] == run.code == Exit.UNREADABLE
    assert "reset_whenever" in error["message"]
    assert error["hint"] is None  # whoever has saved it so has to say what it is
    report = run.report("tracked_dict")
    assert (report["status"], report["verification"]["reference"]) == ("verified", "original")
    assert [row["rule"] for row in report["changes"]] == ["Rescaling", "Rescaling"]
    assert [path.name for path in run.output.glob("*.keras")] == ["tracked_dict.keras"]


def replaced(old: Path, new: Path, change: Callable[[str], str]) -> None:
    """A copy of a `.keras` with another architecture."""
    with zipfile.ZipFile(old) as source, zipfile.ZipFile(new, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, change(content.decode()) if name == "config.json" else content)


def with_arrays(text: str) -> str:
    """The lists of a Rescaling as Keras 3 saves the arrays that a user gives it."""
    config = json.loads(text)
    (layer,) = (row["config"] for row in config["config"]["layers"] if row["class_name"] == "Rescaling")
    for key in ("scale", "offset"):
        layer[key] = {"class_name": "__numpy__", "config": {"value": layer[key], "dtype": "float32"}}
    return json.dumps(config)
