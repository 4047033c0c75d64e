"""Without the kernels of a GPU a recurrent layer answers the same, bit for bit, and its graph is smaller."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exporter.keras2.gpu_kernels import use_cpu_kernels

X = np.random.default_rng(1).normal(size=(4, 5, 3)).astype("float32")
X[2:, 3:] = 0
LAYERS: dict[str, Callable[[Any], Any]] = {
    "LSTM": lambda keras: keras.layers.LSTM(4, return_sequences=True),
    "GRU": lambda keras: keras.layers.GRU(4),
    "backwards": lambda keras: keras.layers.LSTM(4, go_backwards=True, stateful=True),
    "Bidirectional": lambda keras: keras.layers.Bidirectional(keras.layers.GRU(4, return_sequences=True)),
}


@pytest.fixture
def light(keras: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Leaves the kernels out, until the end of a test."""
    from keras.src.layers.rnn import gru, lstm

    monkeypatch.setattr(lstm, "lstm_with_backend_selection", lstm.lstm_with_backend_selection)
    monkeypatch.setattr(gru, "gru_with_backend_selection", gru.gru_with_backend_selection)
    return use_cpu_kernels


def graph_of(layer: Any) -> tuple[np.ndarray, int]:
    """What a layer answers to a padded batch in a graph, and how many functions that graph has."""
    import tensorflow as tf

    masking = tf.keras.layers.Masking()

    def answer(x: Any) -> Any:
        return layer(masking(x))

    traced = tf.function(answer).get_concrete_function(tf.TensorSpec(X.shape))
    return traced(tf.constant(X)).numpy(), len(traced.graph.as_graph_def().library.function)


@pytest.mark.parametrize("name", LAYERS)
def test_the_answer_is_the_same_and_the_graph_is_smaller(name: str, keras: Any, light: Callable[[], None]) -> None:
    layer = LAYERS[name](keras)
    before, many = graph_of(layer)
    layer.reset_states() if getattr(layer, "stateful", False) else None
    light()
    after, few = graph_of(layer)
    np.testing.assert_array_equal(before, after)
    assert few < many / 2
