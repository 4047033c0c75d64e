"""SavedModel folders of Keras 2.15; run as a script, it saves each as `<folder>/<name>.tf`.

Only the keras2 environment can import Keras 2, so everything of it is imported inside functions.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

MODELS: dict[str, Callable[[Any], Any]] = {}
WORDS = [["cat"], ["dog"], ["cat"], ["emu"]]


def model(build: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Register a function from the keras module to a model under its own name."""
    MODELS[build.__name__] = build
    return build


@model
def several_in_and_out(keras: Any) -> Any:
    layers, shared = keras.layers, keras.layers.Dense(2)
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    left, right = layers.Dense(5, activation="relu")(a), layers.Dense(5)(b)
    model = keras.Model([a, b], [layers.Add()([shared(left), shared(right)]), left * 2.0 + 1.0])
    model.compile("adam", "mse")
    return model


@model
def dictionaries(keras: Any) -> Any:
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    joined = keras.layers.Concatenate()([a, b])
    return keras.Model({"b": b, "a": a}, {"y": keras.layers.Dense(2)(joined), "z": keras.layers.Dense(3)(a)})


@model
def models_within(keras: Any) -> Any:
    layers = keras.layers
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(3), layers.BatchNormalization()], name="inner")
    x = keras.Input((6, 4))
    return keras.Model(x, layers.TimeDistributed(inner)(x))


@model
def recurrent(keras: Any) -> Any:
    layers = keras.layers
    both = layers.Bidirectional(layers.LSTM(4, return_sequences=True))
    return keras.Sequential([keras.Input((6, 3)), both, layers.RNN([layers.GRUCell(3), layers.LSTMCell(2)])])


@model
def input_from_a_call(keras: Any) -> Any:
    import numpy as np

    model = keras.Sequential([keras.layers.Dense(3), keras.layers.Dense(2)])
    model(np.ones((2, 5), "float32"))
    return model


@model
def function_in_a_lambda(keras: Any) -> Any:
    x = keras.Input((4,))
    return keras.Model(x, keras.layers.Lambda(lambda v: v * 2 + 1)(keras.layers.Dense(3)(x)))


@model
def adapted_words(keras: Any) -> Any:
    """In the file its vocabulary counts as a weight, so the layers with weights behind it have other numbers there."""
    layers = keras.layers
    words, number = keras.Input((1,), dtype="string", name="words"), keras.Input((4,), name="number")
    lookup = layers.StringLookup(output_mode="multi_hot", name="lookup")
    lookup.adapt(WORDS)
    hidden = layers.Concatenate()([lookup(words), number])
    for _ in range(4):
        hidden = layers.Dense(8, activation="tanh")(hidden)
    return keras.Model({"words": words, "number": number}, hidden)


@model
def adapted_within(keras: Any) -> Any:
    layers = keras.layers
    text = layers.TextVectorization(output_mode="tf_idf")
    text.adapt(["a b c a", "b d e", "f a"])
    inner = keras.Sequential([keras.Input((1,), dtype="string"), text, layers.Dense(4), layers.Dense(4)])
    numbers = layers.IntegerLookup(output_mode="count")
    numbers.adapt([[3], [5], [5], [9]])
    scale = layers.Normalization()
    scale.adapt([[1.0, 2.0], [3.0, 5.0]])
    x, y, z = keras.Input((1,), dtype="string"), keras.Input((2,), dtype="int64"), keras.Input((2,))
    return keras.Model([x, y, z], [inner(x), numbers(y), scale(z)])


@model
def given_words(keras: Any) -> Any:
    layers = keras.layers
    x, y = keras.Input((1,), dtype="string"), keras.Input((2,), dtype="int64")
    known = layers.StringLookup(vocabulary=["x", "y", "z"], num_oov_indices=2, mask_token="")(x)
    return keras.Model(
        [x, y], [layers.Embedding(6, 2)(known), layers.StringLookup(vocabulary=["p", "q"], invert=True)(y)]
    )


@model
def adapted_first(keras: Any) -> Any:
    """Its input has no size in the file; only what it was adapted to tells it."""
    import numpy as np

    scale = keras.layers.Normalization()
    scale.adapt(np.random.default_rng(3).normal(2, 3, (9, 4)))
    model = keras.Sequential([scale, keras.layers.Dense(3, "relu"), keras.layers.Dense(1)])
    model(np.ones((2, 4), "float32"))
    return model


@model
def shared_with_inner(keras: Any) -> Any:
    """The encoder is a part of the outer model and of an inner one: two places, and one checkpointed object."""
    encoder = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "tanh")], name="encoder")
    decoder = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4)], name="decoder")
    x, y = keras.Input((4,)), keras.Input((4,))
    whole = keras.Model(x, decoder(encoder(x)), name="whole")
    return keras.Model(y, keras.layers.Concatenate()([whole(y), encoder(y)]))


def feature_columns(keras: Any) -> Any:
    """Keras 3 has none, which a rule refuses."""
    import tensorflow as tf

    inputs = {"age": keras.Input((1,), name="age"), "size": keras.Input((1,), name="size")}
    columns = [tf.feature_column.numeric_column("age"), tf.feature_column.numeric_column("size")]
    return keras.Model(inputs, keras.layers.Dense(1)(keras.layers.DenseFeatures(columns)(inputs)))


def called_outside(keras: Any) -> Any:
    """The config of its inner model speaks of a call in another graph, so Keras 2.15 builds neither."""
    x, y, shared = keras.Input((4,)), keras.Input((4,)), keras.layers.Dense(4, name="shared")
    inner = keras.Model(x, keras.layers.Dense(3)(shared(x)), name="inner")
    outside = shared(y)
    return keras.Model(y, keras.layers.Concatenate()([outside, inner(y)]))


REFUSED = {"feature_columns": feature_columns, "called_outside": called_outside}
"""What has no way into Keras 3 but its graph."""


def as_before_2_5(folder: Path) -> None:
    """Put the metadata of Keras where TensorFlow 2.4 had it: into the graph of objects."""
    from keras.protobuf import saved_metadata_pb2
    from tensorflow.core.protobuf import saved_model_pb2

    path, metadata = folder / "saved_model.pb", saved_metadata_pb2.SavedMetadata()
    metadata.ParseFromString((folder / "keras_metadata.pb").read_bytes())
    saved = saved_model_pb2.SavedModel.FromString(path.read_bytes())
    for node in metadata.nodes:
        saved.meta_graphs[0].object_graph_def.nodes[node.node_id].user_object.metadata = node.metadata
    path.write_bytes(saved.SerializeToString())
    (folder / "keras_metadata.pb").unlink()


def save(name: str, folder: Path) -> Path:
    """Save a model whose weights are none that a fresh one would have; returns its folder."""
    import keras
    import numpy as np

    keras.backend.clear_session()
    keras.utils.set_random_seed(2015)
    model = (MODELS | REFUSED)[name](keras)
    random = np.random.default_rng(7)
    for variable in model.trainable_weights:
        variable.assign(random.normal(0, 0.5, variable.shape))
    path = folder / f"{name}.tf"
    model.save(path, save_format="tf")
    return path


if __name__ == "__main__":
    place = Path(sys.argv[1])
    names = sys.argv[2:] or [*MODELS, *REFUSED, "tf24/given_words"]
    for each in names:
        if each.startswith("tf24/"):
            as_before_2_5(save(each.removeprefix("tf24/"), place / "tf24"))
        else:
            save(each, place)
