"""Embeddings go on training as in Keras 2, also where a batch has an id twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.keras3.compiled_bundles import arrived
from translation.keras2_to_3.embedding_gradients import CLIPPED, ROWS

# Each batch has ids twice and leaves others out.
BATCHES = [np.array([[1, 2, 2, 0], [2, 0, 1, 1], [1, 1, 2, 2]]), np.array([[3, 3, 4, 5], [5, 5, 1, 3], [4, 4, 4, 1]])]
Y = np.array([[1.0], [0.0], [0.5]], "float32")
STEPS = 4


def trained(old: Any, optimizer: Any) -> Any:
    layers = [old.Input((4,), dtype="int32"), old.layers.Embedding(6, 3), old.layers.GlobalAveragePooling1D()]
    model = old.Sequential([*layers, old.layers.Dense(1)])
    model.set_weights([np.random.default_rng(2).normal(size=weight.shape) for weight in model.get_weights()])
    model.compile(optimizer, "mse")
    losses(model)
    return model


def losses(model: Any) -> list[float]:
    return [float(model.train_on_batch(BATCHES[step % 2], Y)) for step in range(STEPS)]


@pytest.mark.parametrize(
    "optimizer",
    [
        lambda old: old.optimizers.RMSprop(0.05, momentum=0.5),
        lambda old: old.optimizers.SGD(0.05, momentum=0.5, clipnorm=0.1),
        lambda old: old.optimizers.legacy.Adam(0.05),
    ],
)
def test_it_goes_on_alike(old: Any, tmp_path: Path, optimizer: Any) -> None:
    model = trained(old, optimizer(old))
    new, told = arrived(model, tmp_path)
    assert told == []
    np.testing.assert_allclose(losses(new), losses(model), rtol=1e-5)


def test_without_the_penalty_it_does_not(old: Any, tmp_path: Path) -> None:
    """If it does, Keras 3 adds the gradients up by itself, and the penalty can go."""
    import keras

    model = trained(old, old.optimizers.Adam(0.05))
    new, _ = arrived(model, tmp_path)
    state = [variable.numpy() for variable in new.optimizer.variables]
    assert new.layers[0].embeddings_regularizer.l2 == 0.0
    plain = keras.models.clone_model(new, clone_function=_without_penalty)
    plain.set_weights(new.get_weights())
    plain.compile(keras.optimizers.Adam(0.05), "mean_squared_error")
    plain.optimizer.build(plain.trainable_variables)
    for variable, value in zip(plain.optimizer.variables, state, strict=True):
        variable.assign(value)
    assert np.max(np.abs(np.array(losses(plain)) - losses(model))) > 1e-3


def _without_penalty(layer: Any) -> Any:
    config = layer.get_config()
    return type(layer).from_config({**config, **({"embeddings_regularizer": None} if "embed" in layer.name else {})})


@pytest.mark.parametrize(
    ("optimizer", "line"),
    [
        (lambda old: old.optimizers.legacy.SGD(0.05, momentum=0.9), ROWS),
        (lambda old: old.optimizers.legacy.Adamax(0.05), ROWS),
        (lambda old: old.optimizers.Adam(0.05, clipvalue=0.01), CLIPPED),
    ],
)
def test_what_stays_different_is_told(old: Any, tmp_path: Path, optimizer: Any, line: str) -> None:
    model = trained(old, optimizer(old))
    new, told = arrived(model, tmp_path)
    assert told == [line]
    assert np.max(np.abs(np.array(losses(new)) - losses(model))) > 1e-4
