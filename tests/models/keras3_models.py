"""Models that Keras 3 saves, with what they answer; run as a script with Keras 3."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

MODELS: dict[str, Callable[[Any], Any]] = {}


def model(build: Callable[[Any], Any]) -> Callable[[Any], Any]:
    MODELS[build.__name__] = build
    return build


@model
def perceptron(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential(
        [keras.Input((6,)), layers.Dense(8, "relu"), layers.Dropout(0.2), layers.Dense(3, "softmax")]
    )


@model
def convolutions(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input((12, 12, 3), name="image")
    y = layers.BatchNormalization()(layers.Conv2D(6, 3, padding="same", use_bias=False)(x))
    y = layers.Activation("relu")(y) + layers.Conv2D(6, 1)(x)
    y = layers.GlobalAveragePooling2D()(layers.MaxPooling2D()(y))
    return keras.Model(x, layers.Dense(2, name="answer")(y), name="convolutions")


@model
def sequences(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input((9,), dtype="int32")
    y = layers.Embedding(20, 6, mask_zero=True)(x)
    y = layers.Bidirectional(layers.LSTM(5, return_sequences=True))(y)
    return keras.Model(x, layers.Dense(1)(layers.GRU(4)(y)))


@model
def attention(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input((7, 8))
    y = layers.LayerNormalization()(x + layers.MultiHeadAttention(2, 4)(x, x))
    return keras.Model(x, keras.ops.mean(layers.Dense(4, "gelu")(y), axis=1))


@model
def shared(keras: Any) -> Any:
    layers = keras.layers
    a, b = keras.Input((5,), name="a"), keras.Input((5,), name="b")
    tower = keras.Sequential([keras.Input((5,)), layers.Dense(4, "tanh")], name="tower")
    y = layers.Concatenate()([tower(a), tower(b)])
    return keras.Model({"a": a, "b": b}, [layers.Dense(1, name="one")(y), layers.Dense(2, name="two")(y)])


@model
def hard_gates(keras: Any) -> Any:
    layers = keras.layers
    return keras.Sequential([keras.Input((5,)), layers.Dense(4, "hard_sigmoid"), layers.Dense(2)])


@model
def refused(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input((6, 4))
    y = layers.RMSNormalization(name="norm")(x) if hasattr(layers, "RMSNormalization") else layers.Identity()(x)
    return keras.Model(x, layers.LSTM(3, recurrent_activation="hard_sigmoid", name="gates")(y))


@model
def same_names(keras: Any) -> Any:
    """Two layers of one name in two models within a third, which HDF5 has no two names for."""
    layers = keras.layers

    def inner(name: str) -> Any:
        return keras.Sequential([keras.Input((4,)), layers.Dense(4, name="own")], name=name)

    x = keras.Input((4,))
    middle_in = keras.Input((4,))
    middle = keras.Model(middle_in, inner("second")(inner("first")(middle_in)), name="middle")
    return keras.Model(x, middle(x))


def save(folder: Path, *names: str) -> None:
    """Save the models, and what each answers to which inputs, for whoever compares."""
    import keras

    for name in names or MODELS:
        keras.backend.clear_session()
        keras.utils.set_random_seed(3)
        made = MODELS[name](keras)
        made.save(folder / f"{name}.keras")


if __name__ == "__main__":
    save(Path(sys.argv[1]), *sys.argv[2:])
