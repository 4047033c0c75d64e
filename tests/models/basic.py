"""Keras 2.15 models for the end-to-end tests; run in the keras2 environment, it saves each as `<folder>/<name>.h5`.

Only that environment can import Keras 2, so everything of it is imported inside functions. One process saves all:
`basic.py FOLDER`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

MODELS: dict[str, Callable[[Any], Any]] = {}


def model(build: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Register a function from the keras module to a model under its own name."""
    MODELS[build.__name__] = build
    return build


@model
def gru_time_major(keras: Any) -> Any:
    """The key that Keras 3 does not know, with the value every file of Keras 2 has."""
    layers = [keras.Input((None, 3)), keras.layers.GRU(4, name="gru"), keras.layers.Dense(2, name="dense")]
    return keras.Sequential(layers, name="gru_time_major")


@model
def lstm_hard_sigmoid(keras: Any) -> Any:
    """The activation that became another function under the same name."""
    x = keras.Input((7, 3), name="x")
    y = keras.layers.LSTM(4, recurrent_activation="hard_sigmoid", name="lstm")(x)
    return keras.Model(x, keras.layers.Dense(2, "hard_sigmoid", name="dense")(y), name="lstm_hard_sigmoid")


@model
def rescaling_numpy_scale(keras: Any) -> Any:
    """NumPy arrays in a config."""
    scale, offset = np.array([0.5, 2.0, 4.0], "float32"), np.array([0.0, 1.0, -1.0], "float32")
    x = keras.Input((4, 4, 3), name="x")
    return keras.Model(x, keras.layers.Rescaling(scale, offset, name="rescaling")(x), name="rescaling_numpy_scale")


@model
def adapted_bins(keras: Any) -> Any:
    """Bins that were counted from data: what they were counted from is a weight, the bins are in no config."""
    x = keras.Input((4,), name="x")
    plain = keras.layers.Discretization(num_bins=4, name="plain")
    counted = keras.layers.Discretization(num_bins=3, output_mode="count", name="counted")
    for bins in (plain, counted):
        bins.adapt(np.array([[-2.0, -1.0, 0.5, 0.75, 1.0, 3.0]], "float32"))
    return keras.Model(x, [plain(x), counted(x)], name="adapted_bins")


@model
def compiled(keras: Any) -> Any:
    """With the state of an optimizer."""
    net = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="dense")], name="compiled")
    net.compile("adam", "mse")
    net.fit(np.zeros((2, 4)), np.zeros((2, 3)), verbose=0)
    return net


@model
def dense(keras: Any) -> Any:
    """As small as a model can be; what is broken on purpose is a copy of it."""
    x = keras.Input((4,), name="x")
    y = keras.layers.Dense(3, "relu", name="first")(x)
    return keras.Model(x, keras.layers.Dense(2, name="second")(y), name="dense")


@model
def not_finite(keras: Any) -> Any:
    """Weights that are no numbers, infinite, and a negative zero: they are carried like any other."""
    net = keras.Sequential([keras.Input((4,)), keras.layers.Dense(4, name="dense")], name="not_finite")
    kernel = np.linspace(-1, 1, 16, dtype="float32").reshape(4, 4)
    kernel[0] = [np.nan, np.inf, -np.inf, -0.0]
    net.layers[0].set_weights([kernel, np.array([1, 2, np.nan, -0.0], "float32")])
    return net


@model
def wide(keras: Any) -> Any:
    """Some 400 KB of weights."""
    return keras.Sequential([keras.Input((100,)), keras.layers.Dense(1000, name="dense")], name="wide")


@model
def edge(keras: Any) -> Any:
    """198 KB of weights: its bundle fits into 200 KB, its `.keras` does not."""
    layers = [keras.Input((97,)), keras.layers.Dense(500, name="dense"), keras.layers.Dense(1, name="sum")]
    return keras.Sequential(layers, name="edge")


@model
def lambda_layer(keras: Any) -> Any:
    """Python bytecode that asks for more than tensors."""
    layers = [keras.Input((4,)), keras.layers.Lambda(lambda x: x + len(sys.argv), name="code")]
    return keras.Sequential(layers, name="lambda_layer")


@model
def foreign_function(keras: Any) -> Any:
    """An activation of the user's own."""

    def wiggle(x: Any) -> Any:
        return x * x

    return keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, wiggle, name="dense")], name="foreign_function")


@model
def unknown_class(keras: Any) -> Any:
    """A layer of the user's own."""

    class Doubler(keras.layers.Layer):
        def call(self, inputs: Any) -> Any:
            return 2 * inputs

    return keras.Sequential([keras.Input((4,)), Doubler(name="doubler")], name="unknown_class")


def save_all(folder: Path) -> None:
    """Save every model, and the weights of one alone."""
    import keras

    keras.utils.set_random_seed(2015)
    for name, build in MODELS.items():
        build(keras).save(folder / f"{name}.h5")
    MODELS["dense"](keras).save_weights(folder / "dense.weights.h5")


if __name__ == "__main__":
    save_all(Path(sys.argv[1]))
