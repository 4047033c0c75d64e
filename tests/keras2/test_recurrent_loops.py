"""A recurrent layer that is built of one step has the shapes, dtypes and answers of one that Keras 2.15 builds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from exporter.keras2.recurrent_loops import trace_one_step

WORDS = np.array([[1, 2, 3, 0, 0], [4, 1, 0, 2, 0]])
LAYERS: dict[str, Callable[[Any], Any]] = {
    "LSTM": lambda layers: layers.LSTM(4),
    "states": lambda layers: layers.LSTM(4, return_sequences=True, return_state=True),
    "GRU": lambda layers: layers.GRU(4, return_sequences=True, go_backwards=True),
    "before": lambda layers: layers.GRU(4, reset_after=False, zero_output_for_mask=True),
    "SimpleRNN": lambda layers: layers.SimpleRNN(4, return_sequences=True),
    "cells": lambda layers: layers.RNN([layers.LSTMCell(4), layers.GRUCell(3)], return_state=True),
    "Bidirectional": lambda layers: layers.Bidirectional(layers.LSTM(4, return_sequences=True), merge_mode="sum"),
    "half": lambda layers: layers.LSTM(4, dtype="mixed_float16"),
    "distributed": lambda layers: layers.TimeDistributed(layers.Dense(2)),
}
PICTURES: dict[str, Callable[[Any], Any]] = {
    "ConvLSTM2D": lambda layers: layers.ConvLSTM2D(2, 2, return_sequences=True),
    "batches": lambda layers: layers.TimeDistributed(layers.Conv2D(2, 2)),
}


@pytest.fixture
def quick(keras: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """Builds of one step, until the end of a test."""
    from keras.src import backend

    monkeypatch.setattr(backend, "rnn", backend.rnn)
    yield trace_one_step
    keras.backend.clear_session()


def read(keras: Any, layer: Callable[[Any], Any]) -> Any:
    words = keras.Input((None,), dtype="int32")
    return keras.Model(words, layer(keras.layers)(keras.layers.Embedding(5, 3, mask_zero=True)(words)))


def seen(keras: Any, layer: Callable[[Any], Any]) -> Any:
    pictures = keras.Input((None, 4, 5, 2), batch_size=2)
    return keras.Model(pictures, layer(keras.layers)(pictures))


def facts(model: Any) -> list[tuple[Any, Any]]:
    return [(tuple(output.shape), output.dtype) for output in model.outputs]


@pytest.mark.parametrize("name", [*LAYERS, *PICTURES])
def test_it_is_built_and_answers_as_before(name: str, keras: Any, quick: Callable[[], None]) -> None:
    made, layer = (read, LAYERS[name]) if name in LAYERS else (seen, PICTURES[name])
    x = WORDS if name in LAYERS else np.random.default_rng(1).normal(size=(2, 3, 4, 5, 2)).astype("float32")
    before = made(keras, layer)
    quick()
    after = made(keras, layer)
    after.set_weights(before.get_weights())
    assert facts(after) == facts(before)
    for a, b in zip(flat(after(x)), flat(before(x))):
        np.testing.assert_array_equal(a, b)


def flat(value: Any) -> list[Any]:
    import tensorflow as tf

    return list(tf.nest.flatten(value))


def test_no_loop_is_traced_to_build(keras: Any, quick: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow as tf

    quick()
    monkeypatch.setattr(tf.compat.v1, "while_loop", None)
    assert facts(read(keras, LAYERS["Bidirectional"])) == [((None, None, 4), "float32")]
