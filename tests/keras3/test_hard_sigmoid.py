"""Keras 2's hard_sigmoid, clip(0.2 x + 0.5, 0, 1), wherever it can stand, beyond ±3 where Keras 3's is another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

HARD = {"activation": "hard_sigmoid"}
BOTH = {**HARD, "recurrent_activation": "hard_sigmoid"}
SEQUENCE, IMAGE, FILM = (3, 3), (4, 4, 3), (2, 4, 4, 2)

PLACES: dict[str, tuple[Callable[[Any], Any], tuple[int, ...]]] = {
    "Dense": (lambda layers: layers.Dense(4, **HARD), (3,)),
    "Dense on sequences": (lambda layers: layers.Dense(4, **HARD), SEQUENCE),
    "Conv1D": (lambda layers: layers.Conv1D(2, 2, **HARD), SEQUENCE),
    "Conv2D": (lambda layers: layers.Conv2D(2, 2, **HARD), IMAGE),
    "Conv2DTranspose": (lambda layers: layers.Conv2DTranspose(2, 2, **HARD), IMAGE),
    "DepthwiseConv2D": (lambda layers: layers.DepthwiseConv2D(2, **HARD), IMAGE),
    "SeparableConv2D": (lambda layers: layers.SeparableConv2D(2, 2, **HARD), IMAGE),
    "SimpleRNN": (lambda layers: layers.SimpleRNN(4, **HARD), SEQUENCE),
    "LSTM": (lambda layers: layers.LSTM(4, **BOTH), SEQUENCE),
    "LSTM gates": (lambda layers: layers.LSTM(4, recurrent_activation="hard_sigmoid"), SEQUENCE),
    "GRU": (lambda layers: layers.GRU(4, **BOTH, return_sequences=True), SEQUENCE),
    "GRU of Keras 1": (lambda layers: layers.GRU(4, **BOTH, reset_after=False), SEQUENCE),
    "ConvLSTM1D": (lambda layers: layers.ConvLSTM1D(2, 2, **BOTH), (2, 4, 2)),
    "ConvLSTM2D": (lambda layers: layers.ConvLSTM2D(2, 2, **BOTH), FILM),
    "Bidirectional": (lambda layers: layers.Bidirectional(layers.LSTM(2, **BOTH)), SEQUENCE),
    "Bidirectional of two": (
        lambda layers: layers.Bidirectional(
            layers.GRU(2, **HARD), backward_layer=layers.GRU(2, **BOTH, go_backwards=True)
        ),
        SEQUENCE,
    ),
    "TimeDistributed Dense": (lambda layers: layers.TimeDistributed(layers.Dense(2, **HARD)), SEQUENCE),
    "TimeDistributed Conv2D": (lambda layers: layers.TimeDistributed(layers.Conv2D(2, 2, **HARD)), FILM),
    "TimeDistributed LSTM": (lambda layers: layers.TimeDistributed(layers.LSTM(2, **BOTH)), (2, *SEQUENCE)),
    "cell": (lambda layers: layers.RNN(layers.LSTMCell(3, **BOTH)), SEQUENCE),
    "stacked cells": (lambda layers: layers.RNN([layers.GRUCell(3, **BOTH), layers.LSTMCell(2, **BOTH)]), SEQUENCE),
}


def far(shape: tuple[int, ...]) -> np.ndarray:
    return np.random.default_rng(3).uniform(-10, 10, (3, *shape)).astype("float32")


@pytest.mark.parametrize("place", PLACES)
def test_it_is_equal_to_a_millionth_after_save_and_load(old: Any, arrive: Any, place: str) -> None:
    build, shape = PLACES[place]
    model = old.Sequential([old.Input(shape), build(old.layers)])
    np.testing.assert_allclose(arrive(model).model(far(shape)), model(far(shape)), rtol=0, atol=1e-6)


@pytest.mark.parametrize("shape", [(3,), SEQUENCE, IMAGE, FILM], ids=str)
def test_as_a_layer_it_is_the_formula(old: Any, arrive: Any, shape: tuple[int, ...]) -> None:
    arrived = arrive(old.Sequential([old.Input(shape), old.layers.Activation("hard_sigmoid")]))
    expected = np.clip(0.2 * far(shape) + 0.5, 0, 1)
    np.testing.assert_allclose(arrived.model(far(shape)), expected, rtol=0, atol=1e-6)


def test_it_is_told_as_a_change_of_meaning(old: Any, arrive: Any) -> None:
    changes = arrive(old.Sequential([old.Input((3,)), old.layers.Dense(2, **HARD, name="gate")])).report["changes"]
    assert [(change["layer"], change["kind"]) for change in changes] == [("gate", "semantic")]


@pytest.mark.parametrize("policy", ["mixed_float16", "float64"])
def test_it_computes_in_the_dtype_of_its_layer(old: Any, arrive: Any, policy: str) -> None:
    arrived = arrive(old.Sequential([old.Input((3,)), old.layers.Dense(2, **HARD, dtype=policy)]))
    assert arrived.model(far((3,))).dtype == policy.removeprefix("mixed_")
