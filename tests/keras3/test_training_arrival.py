"""Compiled models: what arrives in the file, and how it goes on."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from importer.whole_model import migrate
from interchange.messages.requests import ImportRequest
from interchange.messages.results import ImportResult
from tests.keras3.compiled_bundles import Rows, state_of, with_training
from tests.keras3.conftest import exported

Arrive = Callable[..., tuple[ImportResult, Any]]

RANDOM = np.random.default_rng(19)
X = RANDOM.normal(size=(8, 4)).astype("float32")
Y = RANDOM.normal(size=(8, 2)).astype("float32")


@pytest.fixture
def arrive(tmp_path: Path) -> Arrive:
    """Migrate a model that was compiled, and read the file with stock Keras, which may not warn."""

    def arrive(model: Any, rows: Rows | None = None, config: Any = None, **facts: Any) -> tuple[ImportResult, Any]:
        import keras

        state = state_of(model) if rows is None else rows
        bundle = exported(model, tmp_path / "plain")
        config = config or model.get_compile_config()
        folder = with_training(bundle, tmp_path / "bundle", config, state, **facts)
        result = migrate(ImportRequest(folder, tmp_path / "model.keras"), lambda line: None)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return result, keras.saving.load_model(tmp_path / "model.keras")

    return arrive


def trained(old: ModuleType, optimizer: Any, loss: Any = "mse", **options: Any) -> Any:
    """Two dense layers in the middle of their training."""
    inputs = old.Input((4,))
    hidden = old.layers.Dense(3, activation="tanh", name="hidden/layer")(inputs)
    model = old.Model(inputs, old.layers.Dense(2, name="out")(hidden))
    model.compile(optimizer, loss, **options)
    for _ in range(3):
        model.train_on_batch(X, Y)
    return model


def assert_goes_on(old: Any, new: Any, steps: int = 4) -> None:
    for _ in range(steps):
        expected, found = old.train_on_batch(X, Y), new.train_on_batch(X, Y)
        np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert int(new.optimizer.iterations) == int(old.optimizer.iterations)


def test_adam_goes_on_where_it_was(old: ModuleType, arrive: Arrive) -> None:
    model = trained(old, old.optimizers.Adam(0.01), metrics=["mae"])
    result, new = arrive(model)
    assert result.training is not None
    assert (result.training.optimizer, result.training.reason, result.training.steps) == ("kept", None, 3)
    assert_goes_on(model, new)
