"""Weights alone with a function that builds their model: the reports that this answers, from a file to a file."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from interchange.errors import Exit
from tests.e2e.conftest import Command, Run, saved_by
from tests.support.paths import MODELS

FILE = MODELS / "architecture_functions.py"


def with_function(function: str) -> str:
    return f"--architecture={FILE}:{function}"


@pytest.fixture(scope="module")
def files(command: Command, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved_by(command, tmp_path_factory.mktemp("alone"), "weights_only.py")


@pytest.fixture(scope="module")
def in_both(command: Command, files: Path) -> Run:
    names = ("named.h5", "counted.weights.h5", "shards", "whole.h5", "zipped.keras")
    return command.run(files.parent, *(files / name for name in names), "--root", files, with_function("reader"))


@pytest.fixture(scope="module")
def in_keras_3(command: Command, files: Path) -> Run:
    (files.parent / "new").mkdir()
    return command.run(
        files.parent / "new",
        files / "named.h5",
        files / "counted.weights.h5",
        with_function("cells"),
        "--format=weights",
    )


@pytest.mark.parametrize("stem", ["named", "counted", "shards", "whole", "zipped"])
def test_a_weights_only_hdf5_whose_names_changed_between_2_15_and_3(in_both: Run, stem: str) -> None:
    report = in_both.report(stem)
    assert report["status"] == "verified", report["error"]
    assert report["verification"]["reference"] == "original"
    assert report["verification"]["strength"] == "full"
    assert report["weights"]["tensors"] == report["weights"]["identical"] == len(report["weights"]["matches"]) == 22
    assert report["source"]["architecture"]["function"] == "reader"


def test_the_table_of_matches_names_both_sides(in_both: Run) -> None:
    rows = {row["source"]: row for row in in_both.report("named")["weights"]["matches"]}
    row = rows["dense_3/dense_3/kernel:0"]
    assert row["target"] == "dense_1/kernel"
    assert (row["shape"], row["by"], row["sure"], row["recast"]) == ([7, 7], "keras2", "certain", None)


def test_gru_weights_that_a_gru_cell_expected_3_variables_but_received_0(in_keras_3: Run) -> None:
    for stem, place in (("named", "gru_2/gru_2/gru_cell/kernel:0"), ("counted", "layers/gru/cell/vars/0")):
        targets = {row["source"]: row["target"] for row in in_keras_3.report(stem)["weights"]["matches"]}
        assert targets[place].startswith("rnn_1/gru_cell"), targets
        assert len(targets) == 22


def test_what_is_not_proven_is_not_called_verified(in_keras_3: Run) -> None:
    report = in_keras_3.report("named")
    assert (in_keras_3.code, report["status"], report["error"]) == (Exit.VERIFIED, "restored", None)
    assert report["verification"]["reference"] == "weights"
    assert report["verification"]["outputs"] == []
    assert "made for Keras 3" in report["verification"]["why"]
    assert "NOT PROVEN EQUAL, 22 tensors in place" in in_keras_3.lines
    assert in_keras_3.summary["sources"][0]["status"] == "restored"


def test_the_weights_open_in_stock_keras_3(
    command: Command, in_keras_3: Run, plain_environment: dict[str, str]
) -> None:
    path = in_keras_3.output / "named.weights.h5"
    assert in_keras_3.report("named")["output"]["kind"] == "weights"
    code = (
        f"import sys; sys.path.insert(0, {str(MODELS)!r}); import architecture_functions; "
        f"model = architecture_functions.cells(); model.load_weights({str(path)!r}); "
        "print(sum(weight.numpy().sum() for weight in model.weights))"
    )
    done = subprocess.run(
        [command.keras3, "-c", code], check=False, capture_output=True, text=True, env=plain_environment
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert float(done.stdout) > 100


def test_weights_of_a_gpu_are_verified_and_a_map_may_help(command: Command, files: Path) -> None:
    pairs = files / "gpu" / "pairs.json"
    pairs.write_text('{"gru": "cu_dnngru_1"}')
    path = files / "gpu" / "gpu.weights.h5"
    run = command.run(files / "gpu", path, with_function("recurrent"), f"--map={pairs}")
    report = run.report("gpu")
    assert report["status"] == "verified", report["error"]
    assert {row["by"] for row in report["weights"]["matches"]} == {"map", "number"}
    assert {row["recast"] for row in report["weights"]["matches"]} == {
        "as Keras 2.15 converts it when it loads the file"
    }
    assert {change["rule"] for change in report["changes"]} == {"recast"}
    assert json.dumps(report)
