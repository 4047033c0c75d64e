"""Training goes on: stock Keras 3 takes the next steps as Keras 2.15 does, or the report says beforehand why not."""

from __future__ import annotations

import dataclasses
import json
import subprocess
from collections.abc import Mapping
from typing import Any

import numpy
import pytest

from tests.e2e.conftest import Command, Run, saved_by, selected
from tests.models import odd_training
from tests.models.odd_training import AS_EVER, CASES
from tests.models.training import MODELS as TRAINED
from tests.support.paths import MODELS

OLD, NEW = MODELS / "custom_objects_keras2.py", MODELS / "custom_objects_keras3.py"
GO_ON = {name: row.kind for name, row in TRAINED.items() if name != "lacking"}
RELATIVE, METRICS, OUTPUTS = 1e-4, 1e-3, 1e-3


@dataclasses.dataclass(frozen=True)
class Continued:
    """The run of the command, how its results go on with stock Keras 3, and what Keras 2.15 says of both."""

    run: Run
    found: Mapping[str, Any]
    truth: Mapping[str, Any]


@pytest.fixture(scope="module")
def continued(
    request: pytest.FixtureRequest,
    command: Command,
    tmp_path_factory: pytest.TempPathFactory,
    plain_environment: dict[str, str],
) -> Continued:
    place = tmp_path_factory.mktemp("training")
    names = selected(request, [*TRAINED, *CASES])
    models = {CASES[name].model if name in CASES else name for name in names}
    folder = saved_by(command, place, "training.py", *sorted(models))
    odd_training.make(folder, folder / "odd", [name for name in names if name in CASES])
    for name in models.difference(names):  # which nothing but a case is made of
        (folder / f"{name}{TRAINED[name].suffix}").unlink()
    run = command.run(place, folder, "--flat", "--custom-objects", OLD, "--custom-objects-3", NEW)
    kinds = {**dict.fromkeys(("lacking", *CASES)), **GO_ON}
    kinds |= {name: TRAINED[CASES[name].model].kind for name in AS_EVER}
    asked = place / "asked.json"
    arrived = {name: kind for name, kind in kinds.items() if (run.output / f"{name}.keras").exists()}
    asked.write_text(json.dumps(arrived))
    steps = [command.keras3, str(MODELS / "next_steps.py"), str(asked), str(run.output), str(NEW)]
    done = subprocess.run(steps, check=False, capture_output=True, text=True, env=plain_environment)
    assert done.returncode == 0, done.stderr[-3000:]
    return Continued(run, json.loads(done.stdout.splitlines()[-1]), json.loads((place / "truth.json").read_text()))


def assert_same_steps(found: Mapping[str, Any], true: Mapping[str, Any], renamed: Mapping[str, str]) -> None:
    assert (found["iterations"], found["trainable"]) == (true["iterations"], true["trainable"])
    for ours, theirs in zip([found["evaluated"], *found["steps"]], [true["evaluated"], *true["steps"]]):
        assert ours["loss"] == pytest.approx(theirs["loss"], rel=RELATIVE)
        named = {renamed.get(name, name): value for name, value in theirs.items()}
        assert ours == pytest.approx(named, rel=METRICS, abs=1e-6)
    for ours, theirs in zip(found["outputs"], true["outputs"]):
        numpy.testing.assert_allclose(ours, theirs, rtol=0, atol=OUTPUTS)


@pytest.mark.parametrize("name", GO_ON)
def test_the_next_steps_are_those_of_keras_2(continued: Continued, name: str) -> None:
    report = continued.run.report(name)
    state = "rebuilt" if name == "untrained" else "kept"  # which has no state yet
    assert (report["status"], report["optimizer"]) == ("verified", state), report["error"]
    assert_same_steps(continued.found[name], continued.truth[name], report["training"].get("metrics_names", {}))


@pytest.mark.parametrize("name", GO_ON)
def test_every_row_of_the_proof_is_equal(continued: Continued, name: str) -> None:
    training = continued.run.report(name)["verification"]["training"]
    assert training["why"] is None
    assert [row for row in training["rows"] if not row["equal"]] == []
    assert {"loss", "gradient", "weight", "slot"} <= {row["kind"] for row in training["rows"]}


@pytest.mark.parametrize("name", GO_ON)
def test_the_callbacks_that_people_use_work(continued: Continued, name: str) -> None:
    fitted = continued.found[name]["fitted"]
    assert fitted == {"epochs": 2, "iterations": continued.truth[name]["iterations"] + 6 + 4}


@pytest.mark.models("lacking")
def test_a_model_whose_loss_no_file_has_arrives_uncompiled_and_the_report_names_it(continued: Continued) -> None:
    report = continued.run.report("lacking")
    assert (report["status"], report["optimizer"]) == ("verified", "dropped")
    assert continued.found["lacking"] == {"compiled": False}
    assert "forgotten" in json.dumps(report["changes"])


@pytest.mark.parametrize("name", CASES)
def test_odd_state_is_carried_or_left_with_the_reason(continued: Continued, name: str) -> None:
    case, report = CASES[name], continued.run.report(name)
    assert (report["status"], report["optimizer"]) == ("verified", case.optimizer), report["error"]
    assert case.says in json.dumps(report["changes"])
    assert continued.found[name]["compiled"] == (case.optimizer != "dropped")


@pytest.mark.parametrize("name", AS_EVER)
def test_slots_are_found_by_their_weights(continued: Continued, name: str) -> None:
    assert_same_steps(continued.found[name], continued.truth[CASES[name].model], AS_EVER[name])
