"""The models of the benchmark, built with whichever Keras is asked: the plain scripts know them by heart."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any


def small(keras: Any) -> Any:
    """A text classifier of a few thousand weights."""
    layers = keras.layers
    words = keras.Input((40,), name="words")
    embedded = layers.Embedding(500, 16, mask_zero=True)(words)
    read = layers.Bidirectional(layers.GRU(16))(embedded)
    return keras.Model(words, layers.Dense(3, activation="softmax")(read))


def lstm(keras: Any) -> Any:
    """57 million weights, 226 MB, in one layer."""
    layers = keras.layers
    x = keras.Input((8, 570), name="x")
    return keras.Model(x, layers.Dense(4)(layers.LSTM(3500)(x)))


MODELS = {"small": small, "lstm": lstm}


def save(name: str, path: Path) -> None:
    """Save a model with random weights; run with Keras 2."""
    import keras

    MODELS[name](keras).save(path, include_optimizer=False)


if __name__ == "__main__":
    save(sys.argv[1], Path(sys.argv[2]))
