"""Keras 2.15 models for the end-to-end tests; run in the keras2 environment, it saves each as `<folder>/<name>.h5`.

Only that environment can import Keras 2, so everything of it is imported inside functions. One process makes all:
`basic.py FOLDER`, or with `basic.py FOLDER EXAMPLES.json` a one-layer model of every example of a rule.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
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


def of_example(keras: Any, name: str, row: Mapping[str, Any]) -> Any:
    """A model of the one layer that an example of a rule describes."""
    layer = _class(keras, row["class"]).from_config(row["before"])
    tensors = [keras.Input(shape, dtype=row["dtype"], name=f"x{i}") for i, shape in enumerate(row["inputs"])]
    # Layers with several inputs take a list, those of attention over queries and values take arguments.
    separate = len(tensors) > 1 and row["class"] == "MultiHeadAttention"
    outputs = layer(*tensors) if separate else layer(tensors if len(tensors) > 1 else tensors[0])
    return keras.Model(tensors, outputs, name=name)


def _class(keras: Any, name: str) -> Any:
    """A layer's class; some are not to be found among the others."""
    from keras.src.applications import convnext, inception_resnet_v2

    places = (keras.layers, keras.layers.experimental, convnext, inception_resnet_v2)
    return next(getattr(place, name) for place in places if hasattr(place, name))


def randomise(net: Any) -> None:
    """Weights that are no zeros and ones; all are positive, as a variance must be."""
    random = np.random.default_rng(2015)
    for variable in net.weights:
        if variable.dtype.is_floating:
            variable.assign(random.uniform(0.1, 0.9, variable.numpy().shape))


def save_all(folder: Path) -> None:
    """Save every model, and the weights of one alone."""
    import keras

    keras.utils.set_random_seed(2015)
    for name, build in MODELS.items():
        build(keras).save(folder / f"{name}.h5")
    MODELS["dense"](keras).save_weights(folder / "dense.weights.h5")


def save_examples(folder: Path, examples: Mapping[str, Mapping[str, Any]]) -> None:
    """Save a model of every example."""
    import keras

    keras.utils.set_random_seed(2015)
    for name, row in examples.items():
        net = of_example(keras, name, row)
        randomise(net)
        net.save(folder / f"{name}.h5")


if __name__ == "__main__":
    if len(sys.argv) > 2:
        save_examples(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()))
    else:
        save_all(Path(sys.argv[1]))
