"""Every topology arrives: all of `tests/models/topologies.py` saved by one process and migrated by one command."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from interchange.errors import Exit
from tests.e2e.conftest import Command, Run, saved_and_migrated, selected
from tests.models.topologies import MODELS

# What cannot arrive, and the key the refusal names.
REFUSED = {"training_given_to_gates": "training", "ragged_into_lstm": "ragged"}
ARRIVING = sorted(MODELS.keys() - REFUSED)


@pytest.fixture(scope="module")
def migrated(request: pytest.FixtureRequest, command: Command, tmp_path_factory: pytest.TempPathFactory) -> Run:
    place = tmp_path_factory.mktemp("topologies")
    return saved_and_migrated(command, place, "topologies.py", *selected(request, MODELS))


@pytest.fixture(scope="module")
def opened(
    request: pytest.FixtureRequest, migrated: Run, command: Command, plain_environment: dict[str, str]
) -> dict[str, str]:
    """What one process with stock Keras 3 alone says of each result: "opened", or why not."""
    paths = [str(migrated.output / f"{name}.keras") for name in selected(request, ARRIVING)]
    stranger = [command.keras3, "-c", OPEN, *paths]
    done = subprocess.run(stranger, check=False, capture_output=True, text=True, cwd="/", env=plain_environment)
    told = (line.partition(": ") for line in done.stdout.splitlines())
    return {Path(path).stem: text for path, _, text in told}


# Keras 3 warns of every mask that ends, in Keras 2 as here; of anything else there is nothing to warn of.
OPEN = """
import sys
import warnings
import keras
from importlib.util import find_spec
warnings.simplefilter("error")
warnings.filterwarnings("ignore", "Layer .* was passed an input with a mask", UserWarning)
assert not [name for name in ("keras2to3", "importer", "interchange") if find_spec(name)]
for path in sys.argv[1:]:
    try:
        keras.saving.load_model(path)
        print(f"{path}: opened")
    except Exception as error:
        print(f"{path}: {error!r}".replace("\\n", " "))
"""


@pytest.mark.parametrize("name", ARRIVING)
def test_it_arrives(migrated: Run, name: str) -> None:
    report = migrated.report(name)
    assert report["status"] == "verified", report["error"]
    assert report["verification"]["strength"] == "full"


@pytest.mark.models("cudnn_layers", "inner_model_twice")
def test_what_keras_2_cannot_run_is_normalised_and_said_so(migrated: Run) -> None:
    report = migrated.report("cudnn_layers")
    assert report["verification"]["reference"] == "normalised"
    told = [(change["layer"], change["rule"]) for change in report["changes"] if "cuDNN" in change["text"]]
    assert told == [("both.layer", "CuDNNGRU"), ("last", "CuDNNLSTM")]
    assert migrated.report("inner_model_twice")["verification"]["reference"] == "original"


@pytest.mark.parametrize("name", ARRIVING)
def test_stock_keras_3_opens_it_in_safe_mode_without_a_warning(opened: dict[str, str], name: str) -> None:
    assert opened[name] == "opened"


# Decompositions that act where the graph asks for it, and a word of the line that tells of them.
TOLD = {
    "masked_and_unmasked": "AND",
    "concatenate_in_time": "joined",
    "mask_into_time_distributed": "steps",
    "seq2seq_masked": "by name",
}


@pytest.mark.parametrize("name", TOLD)
def test_what_a_decomposition_has_changed_is_told(migrated: Run, name: str) -> None:
    assert any(TOLD[name] in text for text in semantic(migrated.report(name)))


@pytest.mark.models("shared_layer_three_times")
def test_where_no_decomposition_acts_nothing_is_told(migrated: Run) -> None:
    assert semantic(migrated.report("shared_layer_three_times")) == []


def semantic(report: Any) -> list[str]:
    return [change["text"] for change in report["changes"] if change["kind"] == "semantic"]


@pytest.mark.models("losses_of_the_graph")
def test_what_acts_in_training_alone_is_left_out_and_told(migrated: Run) -> None:
    changes = migrated.report("losses_of_the_graph")["changes"]
    told = {change["layer"]: change["rule"] for change in changes if change["kind"] == "training-only"}
    assert {
        "inner/add_loss": "AddLoss",
        "add_metric": "AddMetric",
        "only": "Dense",
        "judge": "Sequential",
    }.items() <= told.items()
    assert not {"shared", "inner/code"} & told.keys()


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_by_name(migrated: Run, name: str) -> None:
    error = migrated.report(name)["error"]
    assert error["code"] == Exit.REFUSED
    assert [problem["key"] for problem in error["problems"]] == [REFUSED[name]]
    assert not (migrated.output / f"{name}.keras").exists()
