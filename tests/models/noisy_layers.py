"""Every layer that draws in training, for either Keras."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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
    "RandomCrop": ((8, 8, 3), lambda layers: layers.RandomCrop(5, 5)),
    "RandomHeight": ((8, 8, 3), lambda layers: layers.RandomHeight(0.4)),
    "RandomWidth": ((8, 8, 3), lambda layers: layers.RandomWidth(0.4)),
}
"""The shape of an input without samples, and what builds a layer from the layers of a Keras, by the layer's name."""

IN_KERAS_3 = LAYERS.keys() - {"RandomCrop", "RandomHeight", "RandomWidth"}
"""The layers that the new model may have."""


class Itself:
    """A layer called with one tensor as query and value."""

    def __init__(self, layers: Any, layer: Any) -> None:
        self._layers, self._layer = layers, layer

    def __call__(self, x: Any) -> Any:
        plain = type(self._layer).__name__ == "MultiHeadAttention"
        return self._layer(x, x) if plain else self._layer([x, x])
