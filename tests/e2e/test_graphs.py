"""SavedModels without a model of Keras are served: the graph as it is, and a layer that calls it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from interchange.errors import Exit
from tests.e2e.conftest import Command, Run, selected
from tests.models.graph_only import NAMES
from tests.support.paths import MODELS

# What a user does with a result, in a process that has nothing of ours.
USE = """
import sys
sys.path.insert(0, sys.argv[1])
import keras, numpy as np, served_model
layer = served_model.ServedModel()
assert layer.input_names == ["first", "second"], layer.input_names
first, second = np.array([1, 2]), np.ones([2, 3])
by_name = layer({"second": second, "first": first})
in_order = layer([first, second])
for name in ("mixed", "doubled"):
    np.testing.assert_array_equal(by_name[name], in_order[name])
assert by_name["doubled"].numpy().tolist() == [2, 4]
inputs = {"first": keras.Input((), dtype="int32"), "second": keras.Input((3,))}
model = keras.Model(inputs, layer(inputs))
model.save(sys.argv[2])
again = keras.saving.load_model(sys.argv[2])
np.testing.assert_array_equal(again({"second": second, "first": first})["mixed"], by_name["mixed"])
try:
    layer({"first": first})
except ValueError as error:
    assert "second" in str(error)
print("used")
"""


@pytest.fixture(scope="module")
def served(request: pytest.FixtureRequest, command: Command, tmp_path_factory: pytest.TempPathFactory) -> Run:
    place = tmp_path_factory.mktemp("graphs")
    (place / "models").mkdir()
    subprocess.run([command.keras2, MODELS / "graph_only.py", place / "models"], check=True, capture_output=True)
    names = selected(request, [*NAMES, "nothing"])
    return command.run(place, *(f"models/{name}" for name in names), "--root", "models")


@pytest.mark.parametrize("name", NAMES)
def test_a_graph_goes_on_as_it_is_with_a_layer_that_calls_it(served: Run, name: str) -> None:
    report = served.report(name)
    assert report["status"] == "verified", report["error"]
    assert report["output"]["kind"] == "serving"
    assert Path(report["output"]["path"]).name == f"{name}.serving"
    (change,) = [row for row in report["changes"] if row["rule"] == "serving"]
    assert "served_model.ServedModel()({'" in change["text"]
    assert not (served.output / f"{name}.keras").exists()


@pytest.mark.models("module")
def test_outputs_are_told_by_their_names(served: Run) -> None:
    assert [row["name"] for row in served.report("module")["verification"]["outputs"]] == ["doubled", "mixed"]


@pytest.mark.models("nothing")
def test_a_graph_without_a_signature_is_told(served: Run) -> None:
    error = served.report("nothing")["error"]
    assert error["code"] == Exit.UNREADABLE
    assert "no signature" in error["message"]


@pytest.mark.models("module")
def test_the_layer_needs_nothing_of_ours(
    served: Run, command: Command, plain_environment: dict[str, str], tmp_path: Path
) -> None:
    use = [command.keras3, "-c", USE, str(served.output / "module.serving"), str(tmp_path / "again.keras")]
    done = subprocess.run(use, check=False, capture_output=True, text=True, cwd=tmp_path, env=plain_environment)
    assert done.stdout == "used\n", done.stderr[-2000:]
