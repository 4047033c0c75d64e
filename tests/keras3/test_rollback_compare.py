"""A model is compared with what Keras 2.15 has computed with the one that was made of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from importer.rollback.compare import compare
from interchange.bundle import Bundle
from interchange.errors import Exit, Failure
from interchange.messages.requests import CompareRequest
from interchange.messages.results import VerifiedModel
from tests.keras3.rollback_models import MODELS, in_training, migrated, of_bundle, plain


def compared(path: Path, bundle: Path, **facts: Any) -> VerifiedModel:
    return compare(CompareRequest(path, bundle, **facts), lambda line: None)


@pytest.mark.parametrize("name", MODELS)
def test_a_migrated_model_answers_as_the_one_it_was(old: Any, name: str, tmp_path: Path) -> None:
    path = migrated(MODELS[name](old), tmp_path)
    found = compared(path, tmp_path / "bundle")
    assert found.verification.is_proof
    assert found.verification.training is None
    assert found.weights is not None
    assert found.weights.tensors == len(Bundle.open(tmp_path / "bundle").rows("weights.npz"))
    assert found.weights.identical + found.weights.rescaled >= found.weights.tensors
    assert (found.weights.rescaled > 0) == (name == "recast")


def test_without_provenance_weights_are_found_by_their_names(old: Any, tmp_path: Path) -> None:
    import keras

    keras.saving.load_model(migrated(plain(old), tmp_path)).save(tmp_path / "again.keras")
    found = compared(tmp_path / "again.keras", tmp_path / "bundle")
    assert found.verification.is_proof
    assert found.weights is not None
    assert found.weights.identical == found.weights.tensors == 8


def test_a_weight_that_differs_is_found(old: Any, tmp_path: Path) -> None:
    import keras

    path = migrated(plain(old), tmp_path)
    model = keras.saving.load_model(path)
    kernel = model.get_layer("in").kernel
    kernel.assign(np.asarray(kernel) * 1.01)
    model.save(tmp_path / "nudged.keras")
    with pytest.raises(Failure) as caught:
        compared(tmp_path / "nudged.keras", tmp_path / "bundle", origin=path)
    assert caught.value.code is Exit.DIFFERS
    assert "verification" in caught.value.detail


@pytest.fixture
def trained(old: Any, tmp_path: Path) -> Path:
    """A migrated model in the middle of its training, with its bundle beside it."""
    model = plain(old)
    model.compile(old.optimizers.Adam(0.01), "mse", metrics=["mae"])
    model.fit(np.ones((4, 6)), np.ones((4, 2)), verbose=0)
    return of_bundle(in_training(model, tmp_path / "bundle"), tmp_path / "migrated.keras")


def test_the_next_steps_are_compared(trained: Path, tmp_path: Path) -> None:
    found = compared(trained, tmp_path / "bundle").verification
    assert found.is_proof
    assert found.training is not None
    assert found.training.is_equal
    assert found.training.steps == 3


def test_without_provenance_they_are_compared_as_well(trained: Path, tmp_path: Path) -> None:
    import keras

    keras.saving.load_model(trained).save(tmp_path / "again.keras")
    found = compared(tmp_path / "again.keras", tmp_path / "bundle").verification
    assert found.training is not None
    assert found.training.is_equal


def test_steps_that_differ_are_told_beside_equal_outputs(trained: Path, tmp_path: Path) -> None:
    import keras

    model = keras.saving.load_model(trained)
    model.optimizer.learning_rate = 0.02
    model.save(tmp_path / "faster.keras")
    found = compared(tmp_path / "faster.keras", tmp_path / "bundle", origin=trained).verification
    assert found.is_proof
    assert found.training is not None
    assert {row.kind for row in found.training.rows if not row.equal} >= {"weight"}


def test_an_uncompiled_model_is_compared_by_its_outputs_alone(trained: Path, tmp_path: Path) -> None:
    import keras

    keras.saving.load_model(trained, compile=False).save(tmp_path / "bare.keras")
    assert compared(tmp_path / "bare.keras", tmp_path / "bundle", origin=trained).verification.training is None
