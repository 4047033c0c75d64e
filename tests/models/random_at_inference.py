"""Keras 2.15 models that draw at random at inference: `random_at_inference.py FOLDER [NAME ...]` saves `NAME.h5`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.models.saving import save_all

# What bodies know by these names; a closure over a module could not be saved.
K: Any = None
tf: Any = None

MODELS: dict[str, Callable[[Any], Any]] = {}


def model(build: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Register a function from the keras module to a model under its own name."""
    MODELS[build.__name__] = build
    return build


@model
def vae(keras: Any) -> Any:
    """As it stands in a hundred notebooks: encoder, sampling by a Lambda, and decoder, each a model."""
    layers = keras.layers

    def sampling(args):
        z_mean, z_log_var = args
        batch, dim = K.shape(z_mean)[0], K.int_shape(z_mean)[1]
        epsilon = K.random_normal(shape=(batch, dim), mean=0.5, stddev=0.25)
        return z_mean + K.exp(z_log_var / 2) * epsilon

    x = keras.Input((6,), name="encoder_input")
    hidden = layers.Dense(5, "relu")(x)
    mean, spread = layers.Dense(2, name="z_mean")(hidden), layers.Dense(2, name="z_log_var")(hidden)
    z = layers.Lambda(sampling, output_shape=(2,), name="z")([mean, spread])
    encoder = keras.Model(x, [mean, spread, z], name="encoder")
    y = keras.Input((2,), name="z_sampling")
    decoder = keras.Model(y, layers.Dense(6, "sigmoid")(layers.Dense(5, "relu")(y)), name="decoder")
    return keras.Model(x, decoder(encoder(x)[2]), name="vae")


@model
def vae_of_operators(keras: Any) -> Any:
    x = keras.Input((6,))
    mean, spread = keras.layers.Dense(3)(x), keras.layers.Dense(3)(x)
    noise = tf.random.normal(tf.shape(mean), mean=0.25, stddev=0.5, seed=7)
    return keras.Model(x, keras.layers.Dense(2)(mean + tf.exp(spread * 0.5) * noise))


@model
def operators(keras: Any) -> Any:
    x = keras.Input((5, 4))
    shape = tf.shape(x)
    return keras.Model(
        x,
        [
            x + tf.random.uniform(shape, -2.0, 3.0),
            x * tf.random.truncated_normal([shape[0], 5, 1], stddev=2.0),
            tf.random.uniform([shape[0], 3], maxval=7, dtype="int32") - 2,
            tf.random.categorical(x[:, 0], 6),
            tf.nn.dropout(x, 0.3),
            tf.nn.dropout(x, 0.5, noise_shape=[shape[0], 1, 4]),
            K.random_bernoulli((shape[0], 8), 0.3),
            tf.random.normal([shape[0], 5, 5], mean=x[..., :1]),
        ],
    )


@model
def bodies(keras: Any) -> Any:
    def several(x):
        same = tf.compat.v1.random_uniform((3, 4), minval=-1.0)
        return K.dropout(x, 0.25) - K.truncated_normal(K.shape(x), stddev=0.5), x[:, :1] @ same[:1] * same[1, 0]

    x = keras.Input((4,))
    shared = keras.layers.Lambda(several, name="several")
    first, second = shared(x)
    third, _ = shared(keras.layers.Dense(4)(first))
    return keras.Model(x, [first, second, third])


def main(folder: Path, names: list[str]) -> None:
    """Save every model, or those of these names."""
    import keras
    import tensorflow

    globals().update(K=keras.backend, tf=tensorflow)
    save_all(MODELS, folder, names)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
