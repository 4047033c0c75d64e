"""The same in Keras 3: every layer that draws in training does what it does at inference once it is silenced."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from importer.verify import inference
from interchange.workers.quiet_layers import silence

LAYERS: dict[str, tuple[tuple[int, ...], Callable[[Any], Any]]] = {
    **{name: ((6,), lambda layers, name=name: getattr(layers, name)(0.5)) for name in ("Dropout", "GaussianDropout")},
    "AlphaDropout": ((6,), lambda layers: layers.AlphaDropout(0.5)),
    "GaussianNoise": ((6,), lambda layers: layers.GaussianNoise(0.5)),
    "SpatialDropout1D": ((4, 6), lambda layers: layers.SpatialDropout1D(0.5)),
    "SpatialDropout2D": ((4, 4, 6), lambda layers: layers.SpatialDropout2D(0.5)),
    "SpatialDropout3D": ((4, 4, 2, 6), lambda layers: layers.SpatialDropout3D(0.5)),
    "SimpleRNN": ((4, 6), lambda layers: layers.SimpleRNN(3, dropout=0.5, recurrent_dropout=0.5)),
    "LSTM": ((4, 6), lambda layers: layers.LSTM(3, dropout=0.5, recurrent_dropout=0.5)),
    "GRU": ((4, 6), lambda layers: layers.Bidirectional(layers.GRU(3, dropout=0.5))),
    "cells": ((4, 6), lambda layers: layers.RNN([layers.LSTMCell(3, dropout=0.5), layers.GRUCell(3)])),
    "ConvLSTM1D": ((3, 6, 2), lambda layers: layers.ConvLSTM1D(3, 2, dropout=0.5, recurrent_dropout=0.5)),
    "MultiHeadAttention": ((4, 6), lambda layers: Itself(layers, layers.MultiHeadAttention(2, 3, dropout=0.5))),
    "Attention": ((4, 6), lambda layers: Itself(layers, layers.Attention(dropout=0.5))),
    "AdditiveAttention": ((4, 6), lambda layers: Itself(layers, layers.AdditiveAttention(dropout=0.5))),
    "RandomFlip": ((8, 8, 3), lambda layers: layers.RandomFlip()),
    "RandomRotation": ((8, 8, 3), lambda layers: layers.RandomRotation(0.4)),
    "RandomTranslation": ((8, 8, 3), lambda layers: layers.RandomTranslation(0.4, 0.4)),
    "RandomZoom": ((8, 8, 3), lambda layers: layers.RandomZoom(0.4)),
    "RandomContrast": ((8, 8, 3), lambda layers: layers.RandomContrast(0.4)),
    "RandomBrightness": ((8, 8, 3), lambda layers: layers.RandomBrightness(0.4)),
}


class Itself:
    """A layer called with one tensor as query and value."""

    def __init__(self, layers: Any, layer: Any) -> None:
        self._layers, self._layer = layers, layer

    def __call__(self, x: Any) -> Any:
        plain = type(self._layer).__name__ == "MultiHeadAttention"
        return self._layer(x, x) if plain else self._layer([x, x])


@pytest.mark.parametrize("name", LAYERS)
def test_a_silenced_layer_does_in_training_what_it_does_at_inference(name: str) -> None:
    import keras

    keras.utils.set_random_seed(2015)
    shape, build = LAYERS[name]
    x = keras.Input(shape)
    model = keras.Model(x, build(keras.layers)(x))
    values = np.random.default_rng(1).uniform(0.1, 0.9, (5, *shape)).astype("float32")
    quiet = np.asarray(model(values, training=False))
    inference.reset(model)  # a cell keeps the mask of its last call
    noisy = np.asarray(model(values, training=True))
    assert noisy.shape != quiet.shape or not np.allclose(noisy, quiet)
    silence(model._flatten_layers())
    inference.reset(model)
    assert np.allclose(np.asarray(model(values, training=True)), quiet, atol=1e-6)
