"""Keras 2.15 models whose `.keras` files have something of everything: `keras_files.py FOLDER` saves them there."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

TEXTS = np.array([["wind and fire"], ["earth, wind"], ["fire é"]])


def shuffled(model: Any) -> Any:
    """The model with weights of which no two layers have the same."""
    random = np.random.default_rng(7)
    model.set_weights([random.uniform(0.1, 0.9, weight.shape).astype(weight.dtype) for weight in model.get_weights()])
    return model


def net(keras: Any) -> Any:
    """Several of one class, nested and shared models, layers within layers of every kind, and a training."""
    layers = keras.layers
    x = keras.Input((6, 4), name="x")
    shared = layers.Dense(4, name="shared")
    inner_x = keras.Input((6, 4))
    inner = keras.Model(inner_x, layers.Dense(4)(shared(layers.Dense(4)(inner_x))), name="inner")
    y = layers.BatchNormalization()(shared(inner(x)))
    y = layers.TimeDistributed(keras.Sequential([layers.Dense(4), layers.Dropout(0.1), layers.Dense(4)]))(inner(y))
    y = layers.Bidirectional(layers.SimpleRNN(2, return_sequences=True))(y)
    y = layers.RNN([layers.LSTMCell(4), layers.GRUCell(4), layers.LSTMCell(4)], return_sequences=True)(y)
    y = layers.MultiHeadAttention(2, 3)(y, y)
    y = layers.Lambda(lambda tensor: tensor * 2.0)(y)
    model = keras.Model(x, [layers.Dense(4)(layers.Flatten()(y)), layers.BatchNormalization()(y)])
    model.add_metric(keras.backend.mean(y), name="mean")
    model.compile("adam", "mse", metrics=["mae"], run_eagerly=True)  # one step is not worth a graph
    model.fit(np.zeros((2, 6, 4)), [np.zeros((2, 4)), np.zeros((2, 6, 4))], verbose=0)
    return shuffled(model)


def words(keras: Any) -> Any:
    """Vocabularies that were adapted, with and without weights of their own, beside one that was given."""
    x = keras.Input((1,), dtype="string", name="x")
    given = keras.layers.StringLookup(vocabulary=["earth", "wind"])
    adapted = [
        keras.layers.TextVectorization(output_sequence_length=4),
        keras.layers.StringLookup(output_mode="tf_idf"),
        keras.layers.TextVectorization(output_mode="tf_idf"),
        keras.layers.StringLookup(mask_token="wind and fire", num_oov_indices=2),
    ]
    for layer in adapted:
        layer.adapt(TEXTS)
    return keras.Model(x, [layer(x) for layer in (adapted[0], given, *adapted[1:])])


def numbers(keras: Any) -> Any:
    """Bins, numbers and moments that were adapted."""
    x, whole = keras.Input((2,), name="x"), keras.Input((2,), dtype="int64", name="whole")
    lookup = keras.layers.IntegerLookup(output_mode="count")
    lookup.adapt(np.array([[1, 2], [3, 7]]))
    layers = [keras.layers.Discretization(num_bins=3), keras.layers.Normalization()]
    for layer in layers:
        layer.adapt(np.arange(10, dtype="float32").reshape(5, 2))
    return keras.Model([x, whole], [*(layer(x) for layer in layers), lookup(whole)])


MODELS = {"net": net, "words": words, "numbers": numbers}

if __name__ == "__main__":
    import keras

    for name, build in MODELS.items():
        build(keras).save(Path(sys.argv[1]) / f"{name}.keras")
