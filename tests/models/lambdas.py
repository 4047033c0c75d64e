"""Keras 2.15 models with Lambda layers; `lambdas.py FOLDER [NAME ...]` saves them as `NAME.h5`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.models.saving import save_all

# What bodies know by these names; a closure over a module could not be saved.
K: Any = None
tf: Any = None
ktf: Any = None  # TensorFlow 1
np: Any = None

MODELS: dict[str, Callable[[Any], Any]] = {}
# The layer of Keras 3 that stands for the Lambda named `it`, where there is a plain one.
PLAIN = {
    "rescaled": "Rescaling",
    "activated": "Activation",
    "flattened": "Flatten",
    "reshaped": "Reshape",
    "permuted": "Permute",
}


def model(build: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Register a function from the keras module to a model under its own name."""
    MODELS[build.__name__] = build
    return build


def _of(keras: Any, function: Any, *shapes: tuple[int | None, ...], **options: Any) -> Any:
    inputs = [keras.Input(shape) for shape in shapes]
    given = inputs if len(inputs) > 1 else inputs[0]
    return keras.Model(inputs, keras.layers.Lambda(function, name="it", **options)(given))


@model
def rescaled(keras: Any) -> Any:
    return _of(keras, lambda x: x / 127.5 - 1, (4, 3))


@model
def activated(keras: Any) -> Any:
    return _of(keras, lambda x: tf.nn.relu(x), (4,))  # noqa: PLW0108  (bytecode is what is asked for)


@model
def flattened(keras: Any) -> Any:
    return _of(keras, lambda x: K.batch_flatten(x), (4, 3))  # noqa: PLW0108


@model
def reshaped(keras: Any) -> Any:
    return _of(keras, lambda x: K.reshape(x, (-1, 2, 6)), (4, 3))


@model
def permuted(keras: Any) -> Any:
    return _of(keras, lambda x: K.permute_dimensions(x, (0, 2, 1)), (4, 3))


@model
def distance(keras: Any) -> Any:
    def euclidean(vectors):
        x, y = vectors
        sum_square = K.sum(K.square(x - y), axis=1, keepdims=True)
        return K.sqrt(K.maximum(sum_square, K.epsilon()))

    return _of(keras, euclidean, (4,), (4,))


@model
def phases(keras: Any) -> Any:
    def noisy(x, training=None, mask=None):
        if training is None:
            training = K.learning_phase()
        y = x if mask is None else x * K.cast(mask, "float32")
        return K.in_train_phase(lambda: y * 7, lambda: y + 3, training=training) if not training else y * 5

    return _of(keras, noisy, (4,))


@model
def defaults_and_arguments(keras: Any) -> Any:
    def scaled(x, factor=2.0, *, power=1, bias=None):
        y = x * factor
        for _ in range(power):
            y = y * x
        return y if bias is None else tf.add(y, bias)

    return _of(keras, scaled, (4,), arguments={"power": 2, "bias": 0.5})


@model
def closure(keras: Any) -> Any:
    start, stop = 1, 3
    return _of(keras, lambda x: x[:, start:stop] + stop, (4,))


@model
def closure_over_a_dictionary(keras: Any) -> Any:
    options = {"scale": 2.0, "cuts": [1, 3]}
    return _of(keras, lambda x: x[:, slice(*options["cuts"])] * options.get("scale", 1), (4,))


@model
def conditional_on_shape(keras: Any) -> Any:
    def halves(x):
        size = K.int_shape(x)[-1]
        return x[..., : size // 2] if size % 2 == 0 else x

    return _of(keras, halves, (5, 4))


@model
def several_outputs(keras: Any) -> Any:
    x = keras.Input((6,))
    parts = keras.layers.Lambda(lambda x: [x[:, i : i + 2] for i in range(0, 6, 2)], name="it")(x)
    return keras.Model(x, [parts[2], keras.layers.Dense(2)(parts[0]), parts[1] * 2])


@model
def shared_and_wrapped(keras: Any) -> Any:
    layers = keras.layers
    double = layers.Lambda(lambda x: x * 2 - x * x, name="it")
    x = keras.Input((5, 4))
    each = layers.TimeDistributed(layers.Lambda(lambda x: x[:, ::-1]))(double(x))
    return keras.Model(x, [each, double(layers.Dense(3)(x))])


@model
def in_sequential(keras: Any) -> Any:
    layers = [keras.layers.Dense(3, input_shape=(4,)), keras.layers.Lambda(lambda x: abs(x) ** 0.5, name="it")]
    return keras.Sequential(layers)


@model
def at_run_time(keras: Any) -> Any:
    def pairs(x):
        shape = K.shape(x)
        return tf.reshape(x, [shape[0], shape[1] // 2, 8])

    return _of(keras, pairs, (None, 4))


@model
def words_of_tensorflow_1(keras: Any) -> Any:
    def resized(x):
        y = ktf.image.resize_bilinear(x, (7, 9), align_corners=True)
        y = ktf.space_to_depth(ktf.image.resize_images(y, (6, 4), ktf.image.ResizeMethod.NEAREST_NEIGHBOR), 2)
        return ktf.to_float(y) - ktf.reduce_mean(y, reduction_indices=[1, 2], keep_dims=True)

    return _of(keras, resized, (4, 4, 3))


@model
def constants(keras: Any) -> Any:
    def decoded(x, anchors):
        size = K.shape(x)[1:3]
        across = K.tile(K.reshape(K.arange(0, stop=size[1]), [1, -1, 1, 1]), [size[0], 1, 1, 1])
        rows, _ = tf.meshgrid(tf.linspace(0.0, 1.0, 3), tf.constant([1.0, 2.0]), indexing="ij")
        return (x + K.cast(across[..., 0], K.dtype(x))) * K.constant(np.array(anchors)) + rows[1, 0]

    return _of(keras, decoded, (4, 4, 2), arguments={"anchors": [[1.5, 2.5]]})


@model
def chosen(keras: Any) -> Any:
    def best(x, axis=None):
        if axis is None:
            axis = -1 if K.backend() == "tensorflow" and K.image_data_format() == "channels_last" else 1
        elif axis == 0:
            raise ValueError("the batch")
        y = K.switch(K.greater(x, 0), lambda: x, lambda: x * 0.1)
        return getattr(tf, "concat")([y, tf.nn.top_k(x, k=2).values], axis=axis)  # noqa: B009

    return _of(keras, best, (4,))


@model
def einsum(keras: Any) -> Any:
    return _of(keras, lambda x: tf.einsum("bij,bkj->bik", x[0], x[1]), (3, 4), (2, 4))


@model
def reshaped_across_samples(keras: Any) -> Any:
    return _of(keras, lambda x: K.reshape(x, (-1, 3)) + 0, (4, 3))


@model
def pixels_prepared(keras: Any) -> Any:
    x = keras.Input((4, 4, 3))
    ready = keras.layers.Lambda(lambda x: tf.keras.applications.resnet50.preprocess_input(x * 1.0), name="it")(x)
    scaled = keras.layers.Lambda(tf.keras.applications.xception.preprocess_input, name="scaled")(x)
    return keras.Model(x, [ready, scaled])


@model
def said_and_scoped(keras: Any) -> Any:
    def scaled(x):
        name = "of_{}_{:d}".format(x.shape[1], 2)  # noqa: UP032
        print(f"scaling {name}: %s" % (x.shape,))
        with tf.name_scope(name) as scope:
            try:
                y = tf.multiply(x, 2.0, name=scope)
            except ValueError:
                y = x
        return 0.5 * y * (np.float64(1.0) + tf.tanh(tf.sqrt(2 / np.pi) * y + np.sqrt(2 / np.pi) * x))

    x = keras.Input((4,))
    places = keras.layers.Lambda(lambda x: tf.range(4.0), name="places")(x)
    return keras.Model(x, keras.layers.Lambda(scaled, name="it")(x) + places)


@model
def masks_end_pass_and_are_made(keras: Any) -> Any:
    def mean(x, mask=None):
        kept = 1.0 if mask is None else K.expand_dims(K.cast(mask, "float32"))
        return K.sum(x * kept, axis=1)

    layers = keras.layers
    x = keras.Input((5,), dtype="int32")
    embedded = layers.Embedding(9, 4, mask_zero=True)(x)
    scaled = layers.Lambda(lambda x: x * 2.0, name="scaled")(embedded)
    same = layers.Lambda(lambda x: x, name="same")(embedded)
    longer = layers.Lambda(lambda x: x[:, 1:], mask=lambda x, mask: mask[:, 1:], name="shorter")(embedded)
    read = [layers.LSTM(2)(y) for y in (scaled, same, longer)]
    pooled = layers.GlobalAveragePooling1D()(layers.Lambda(lambda x: -x, mask=lambda x, mask: mask, name="it")(same))
    return keras.Model(x, [*read, pooled, layers.Lambda(mean, name="mean")(embedded)])


@model
def half_precision(keras: Any) -> Any:
    x = keras.Input((4,))
    y = keras.layers.Dense(3, dtype="mixed_float16")(x)
    return keras.Model(x, keras.layers.Lambda(lambda x: x * 0.1 + 1, name="it", dtype="mixed_float16")(y))


@model
def ragged(keras: Any) -> Any:
    layers = keras.layers
    x = keras.Input((None, 3), ragged=True)
    filled = layers.Lambda(lambda t: t.to_tensor(0.5) * 2)(x)
    mean = layers.Lambda(lambda t: tf.reduce_mean(tf.nn.relu(t) * 2, axis=1))(x)
    return keras.Model(x, [layers.GlobalMaxPooling1D()(filled), mean, layers.Lambda(lambda t: t - 1)(x)])


@model
def of_tensorflow_itself(keras: Any) -> Any:
    return _of(keras, tf.nn.relu, (4,))


def main(folder: Path, names: list[str]) -> None:
    """Save every model, or those of these names."""
    import keras
    import numpy
    import tensorflow

    globals().update(K=keras.backend, tf=tensorflow, ktf=tensorflow.compat.v1, np=numpy)
    save_all(MODELS, folder, names)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
