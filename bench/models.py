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


def resnet50(keras: Any) -> Any:
    """25 million weights, 98 MB, in 320 tensors; as Keras draws them, for the real ones would have to be fetched."""
    return keras.applications.ResNet50(weights=None, input_shape=(224, 224, 3))


def lstm(keras: Any) -> Any:
    """57 million weights, 226 MB, in one layer."""
    layers = keras.layers
    x = keras.Input((8, 570), name="x")
    return keras.Model(x, layers.Dense(4)(layers.LSTM(3500)(x)))


def dense(keras: Any) -> Any:
    """272 million weights, 1.09 GB, in one tensor."""
    layers = keras.layers
    x = keras.Input((16_500,), name="x")
    return keras.Model(x, layers.Dense(4)(layers.Dense(16_500, activation="tanh")(x)))


def trained(keras: Any) -> Any:
    """The small text classifier, with two steps of Adam behind it."""
    import numpy as np

    model = small(keras)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    random = np.random.default_rng(0)
    for _ in range(2):
        model.train_on_batch(random.integers(0, 500, (8, 40)), random.integers(0, 3, 8))
    return model


def trained_resnet50(keras: Any) -> Any:
    """ResNet50 with a step of momentum behind it, whose slots are as large as its weights."""
    import numpy as np

    model = resnet50(keras)
    model.compile(keras.optimizers.SGD(0.001, momentum=0.9), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.train_on_batch(np.random.default_rng(0).uniform(0, 1, (2, 224, 224, 3)), np.array([3, 5]))
    return model


MODELS = {"small": small, "resnet50": resnet50, "lstm": lstm, "dense": dense}
TRAINED = {"trained": trained, "trained-resnet50": trained_resnet50}
UNTRAINED = "-uncompiled"
"""What the name of a trained model ends with where its training is left out of the file."""


def perceptron(keras: Any, number: int) -> Any:
    """Layers that Keras 3 takes as they are."""
    layers = [keras.layers.Dense(8 + number % 5, activation="relu") for _ in range(3)]
    return keras.Sequential([keras.Input((6,)), *layers, keras.layers.Dense(2)])


def convolutions(keras: Any, number: int) -> Any:
    """An image classifier with normalisation."""
    layers, image = keras.layers, keras.Input((16, 16, 3))
    x = layers.BatchNormalization()(layers.Conv2D(4 + number % 3, 3, padding="same")(image))
    x = layers.LeakyReLU(alpha=0.1)(layers.MaxPooling2D()(x))
    return keras.Model(image, layers.Dense(5, activation="softmax")(layers.GlobalAveragePooling2D()(x)))


def sequence(keras: Any, number: int) -> Any:
    """A recurrent layer under a mask."""
    layers, words = keras.layers, keras.Input((12,))
    x = layers.Embedding(50, 6, mask_zero=True)(words)
    return keras.Model(words, layers.Dense(1, activation="sigmoid")(layers.LSTM(5 + number % 4)(x)))


def branches(keras: Any, number: int) -> Any:
    """Two inputs that meet."""
    layers, left, right = keras.layers, keras.Input((4,), name="left"), keras.Input((3,), name="right")
    x = layers.Concatenate()([layers.Dense(4, activation="tanh")(left), layers.Dense(4 + number % 3)(right)])
    return keras.Model([left, right], layers.Dense(1)(x))


MANY = (perceptron, convolutions, sequence, branches)
"""What a folder of small models holds, in turn."""


def save(name: str, path: Path) -> None:
    """Save a model with random weights; run with Keras 2."""
    import keras

    keras.utils.set_random_seed(0)
    if name in MODELS:
        MODELS[name](keras).save(path, include_optimizer=False)
    else:
        TRAINED[name.removesuffix(UNTRAINED)](keras).save(path, include_optimizer=name in TRAINED)


def save_many(count: int, folder: Path) -> None:
    """Save so many small models, no two of them alike; run with Keras 2."""
    import keras

    folder.mkdir()
    for number in range(count):
        keras.backend.clear_session()
        keras.utils.set_random_seed(number)
        MANY[number % len(MANY)](keras, number).save(folder / f"model-{number:04}.h5", include_optimizer=False)


if __name__ == "__main__":
    what, where = sys.argv[1], Path(sys.argv[2])
    if what.isdigit():
        save_many(int(what), where)
    else:
        save(what, where)
