"""Train code_or_prose.h5 with Keras 2.15: the probability that a line of text is Python, not English prose."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
from lines import Lines, training_and_held_out
from numpy.typing import NDArray
from text import LINE_LENGTH, VOCABULARY_SIZE, encode

MODEL = Path(__file__).with_name("code_or_prose.h5")
SEED = 2015
LINES_OF_A_KIND = 12_000
EPOCHS = 4


def main() -> None:
    """Train on four fifths of the standard library's modules, measure on the others, save."""
    keras = deterministic_keras()
    training, held_out = (arrays(balanced(lines)) for lines in training_and_held_out())
    model = build(keras)
    model.fit(*training, batch_size=64, epochs=EPOCHS, verbose=2)
    accuracy = model.evaluate(*held_out, batch_size=500, verbose=0)[1]
    model.save(MODEL, include_optimizer=False)
    print(f"{accuracy:.2%} of {len(held_out[1])} lines of other modules told apart; saved {MODEL}")


def deterministic_keras() -> Any:
    """Return Keras 2.15 with every seed set; any other Keras would save a model that needs no migration."""
    import keras
    import tensorflow as tf

    if keras.__version__ != "2.15.0":
        raise SystemExit(f"This needs Keras 2.15.0, not {keras.__version__}: run it with TensorFlow 2.15.1.")
    keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    return keras


def balanced(lines: Lines) -> Lines:
    """Return a random choice with as many lines of code as of prose."""
    count = min(LINES_OF_A_KIND, *map(len, lines))
    return Lines(*(random.sample(kind, count) for kind in lines))


def arrays(lines: Lines) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return character ids of shape (lines, LINE_LENGTH), and 1 for each line of code, 0 for each of prose."""
    answers = np.repeat(np.array([1, 0], dtype=np.float32), [len(lines.code), len(lines.prose)])
    return encode([*lines.code, *lines.prose]), answers


def build(keras: Any) -> Any:
    """Return the model: it reads characters in both directions and answers with the probability of code."""
    layers = keras.layers
    model = keras.Sequential(name="code_or_prose")
    model.add(layers.Embedding(VOCABULARY_SIZE, 16, mask_zero=True, input_length=LINE_LENGTH, name="characters"))
    model.add(layers.Bidirectional(layers.GRU(32), name="reader"))
    model.add(layers.Dense(1, activation="sigmoid", name="is_code"))
    model.compile(optimizer=keras.optimizers.Adam(0.003), loss="binary_crossentropy", metrics=["accuracy"])
    return model


if __name__ == "__main__":
    main()
