"""What the importer describes is written in each format, and stock Keras 2.15 reads the same model out of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporter.load import LoadRequest
from exporter.rollback.write import write
from exporter.whole_model import export
from interchange.bundle import Bundle
from interchange.messages.requests import ProbeOptions, SourceFacts, WriteRequest
from interchange.messages.results import WriteResult
from interchange.messages.training import Training
from tests.models import basic, training
from tests.models.next_steps import batches, next_steps

ENDINGS = {"h5": ".h5", "keras": ".keras", "savedmodel": ".savedmodel"}
FACTS = SourceFacts("model.keras", "0" * 64, "keras", {"keras_version": "3.12.0"})


def silent(_: str) -> None:
    """Hear nothing of the progress."""


def written(description: Path, folder: Path, format_: str = "h5") -> tuple[Path, WriteResult]:
    """The file that is written of a description, and what the exporter says of it."""
    folder.mkdir(exist_ok=True)
    target = folder / f"model{ENDINGS[format_]}"
    request = WriteRequest(description, target, folder / "bundle", FACTS, format_, None, ProbeOptions())
    return target, write(request, silent)


def described(model: Any, folder: Path) -> Path:
    """A description of a model: with provenance, it holds what the exporter had written."""
    model.save(folder / "old.h5")
    export(LoadRequest(folder / "old.h5"), folder / "description", {"path": "old.h5"}, ProbeOptions(), silent)
    return folder / "description"


def variables(model: Any) -> Any:
    """Those of the optimizer, which a legacy one returns by a call."""
    own = model.optimizer.variables
    return own() if callable(own) else own


@pytest.mark.parametrize("format_", ENDINGS)
@pytest.mark.parametrize("name", ["dense", "gru_time_major", "lstm_hard_sigmoid"])
def test_a_model_comes_back_as_it_was(keras: Any, tmp_path: Path, name: str, format_: str) -> None:
    description = described(basic.MODELS[name](keras), tmp_path)
    model = keras.models.load_model(tmp_path / "old.h5")  # which writes arrays as lists
    config, weights = model.get_config(), model.get_weights()
    target, result = written(description, tmp_path / format_, format_)
    assert result.tensors == len(weights)
    keras.backend.clear_session()
    back = keras.models.load_model(target)
    assert back.get_config() == config
    for ours, theirs in zip(back.get_weights(), weights):
        np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(("name", "format_"), [("centred", "h5"), ("by_order", "keras"), ("decaying", "h5")])
def test_a_compiled_model_goes_on_where_it_was(keras: Any, tmp_path: Path, name: str, format_: str) -> None:
    row = training.MODELS[name]
    model = row.build(keras)
    for x, y, weights in batches(row.kind, 0, row.epochs):
        model.train_on_batch(x, y, sample_weight=weights)
    state = [np.asarray(variable) for variable in variables(model)]
    target, result = written(described(model, tmp_path), tmp_path / format_, format_)
    assert result.training is not None
    assert (result.training.optimizer, result.training.steps) == ("kept", int(state[0]))
    back = keras.models.load_model(target)
    assert back.optimizer.get_config() == model.optimizer.get_config()
    for ours, theirs in zip(variables(back), state):
        np.testing.assert_array_equal(np.asarray(ours), theirs)
    ours, theirs = next_steps(back, row.kind), next_steps(model, row.kind)
    assert (ours["iterations"], ours["trainable"]) == (theirs["iterations"], theirs["trainable"])
    for one, other in zip(ours["steps"], theirs["steps"]):
        assert one == pytest.approx(other, rel=1e-5)
    assert Bundle.open(tmp_path / format_ / "bundle").json("training_reference.json")["why"] is None


@pytest.mark.parametrize("name", ["decaying", "summed"])
def test_a_state_that_keras_2_does_not_read_is_no_kept_one(keras: Any, tmp_path: Path, name: str) -> None:
    """Keras 2.15 writes the state of an optimizer into a SavedModel, and does not read it again."""
    row = training.MODELS[name]
    model = row.build(keras)
    for x, y, weights in batches(row.kind, 0, row.epochs):
        model.train_on_batch(x, y, sample_weight=weights)
    _, result = written(described(model, tmp_path), tmp_path / "back", "savedmodel")
    assert result.training == Training("rebuilt", "Keras 2.15 does not read iterations out of the file", steps=0)
    assert [change.kind for change in result.changes] == ["training-only"]


@pytest.mark.parametrize("format_", ["h5", "keras"])
def test_the_same_description_gives_the_same_bytes(keras: Any, tmp_path: Path, format_: str) -> None:
    description = described(basic.MODELS["dense"](keras), tmp_path)
    first, _ = written(description, tmp_path / "first", format_)
    second, _ = written(description, tmp_path / "second", format_)
    assert first.read_bytes() == second.read_bytes()
