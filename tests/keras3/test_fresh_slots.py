"""An optimizer that begins anew takes no room in the file, and stock Keras 3 opens it without a word."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from importer.save.save import save


@pytest.mark.parametrize("name", ["Adam", "Adagrad", "Ftrl"])
def test_fresh_slots_are_read_as_they_are_made(name: str, tmp_path: Path) -> None:
    import keras

    optimizer: Any = getattr(keras.optimizers, name)(0.01)
    model = keras.Sequential([keras.Input((300,)), keras.layers.Dense(700), keras.layers.Dense(5)])
    model.compile(optimizer, "mse")
    optimizer.build(model.trainable_variables)
    fresh, full = tmp_path / "fresh.keras", tmp_path / "full.keras"
    save(model, fresh, is_fresh=True)
    save(model, full)
    weights = sum(weight.numpy().nbytes for weight in model.weights)
    assert fresh.stat().st_size < 1.2 * weights < 2 * weights < full.stat().st_size
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = keras.saving.load_model(fresh)
    for before, after in zip([*model.weights, *optimizer.variables], [*found.weights, *found.optimizer.variables]):
        np.testing.assert_array_equal(after, before)
