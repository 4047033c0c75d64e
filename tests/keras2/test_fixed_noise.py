"""Noise that is given in the place of raw random numbers: the same each time, and of TensorFlow's distributions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from exporter.load.custom_objects import CustomObjects
from exporter.probes.probes import Case
from exporter.run import fixed_noise, inference

CASE = Case("normal", (np.ones((200, 50), "float32"),))
FUNCTIONS: dict[str, Callable[[Any, Any], Any]] = {
    "normal": lambda tf, x: tf.random.normal(tf.shape(x), 1.0, 2.0),
    "truncated": lambda tf, x: tf.random.truncated_normal(tf.shape(x), 1.0, 2.0),
    "uniform": lambda tf, x: tf.random.uniform(tf.shape(x), -1.0, 3.0),
    "whole": lambda tf, x: tf.random.uniform(tf.shape(x), -3, 4, "int32"),
    "categorical": lambda tf, x: tf.random.categorical(x[:, :3] * [-1.0, 0.0, 1.0], 50),
    "dropout": lambda tf, x: tf.nn.dropout(x, 0.3),
}


def answer(model: Any) -> np.ndarray:
    (found,) = inference.outputs(model, CASE)
    return np.asarray(found)


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """Of Kolmogorov and Smirnov: the largest gap between the shares of two samples."""
    values = np.unique(np.concatenate([a.ravel(), b.ravel()]))
    found = [np.searchsorted(np.sort(each.ravel()), values, side="right") / each.size for each in (a, b)]
    return float(np.abs(found[0] - found[1]).max())


@pytest.mark.parametrize("name", FUNCTIONS)
def test_given_numbers_are_distributed_like_those_of_tensorflow(keras: Any, name: str) -> None:
    import tensorflow as tf

    x = keras.Input((50,))
    model = keras.Model(x, FUNCTIONS[name](tf, x))
    drawn, other = answer(model), answer(model)
    assert not np.array_equal(drawn, other)
    with fixed_noise.injected(model) as noise:
        given, again = answer(model), answer(model)
    np.testing.assert_array_equal(given, again)
    assert len(noise.drawn) == 1
    assert distance(given, drawn) < 1.95 * (2 / given.size) ** 0.5  # of a thousand such pairs one is farther apart
    assert given.dtype == drawn.dtype
    assert not np.array_equal(answer(model), answer(model))


def test_a_model_that_is_traced_is_given_the_same(keras: Any) -> None:
    import tensorflow as tf

    x = keras.Input((20, 3))
    y = keras.layers.LSTM(4)(x)
    model = keras.Model(x, y + tf.random.normal(tf.shape(y)))
    long = Case("long", (np.ones((2, 20, 3), "float32"),))
    with fixed_noise.injected(model) as noise:
        np.testing.assert_array_equal(inference.outputs(model, long), inference.outputs(model, long))
    assert [array.shape for array in noise.drawn.values()] == [(2, 4)]


def test_a_class_of_the_user_s_is_given_noise_and_a_model_of_one_is_not(keras: Any) -> None:
    import tensorflow as tf

    class Sampling(keras.layers.Layer):
        def call(self, inputs: Any) -> Any:
            return inputs + keras.backend.random_normal(tf.shape(inputs))

    class Noisy(keras.Model):
        def call(self, inputs: Any, training: Any = None) -> Any:
            return tf.random.normal(tf.shape(inputs)) + super().call(inputs, training=training)

    x = keras.Input((50,))
    model, around = (made(x, Sampling(name="z")(x)) for made in (keras.Model, Noisy))
    own = CustomObjects(None, {"Sampling": Sampling, "Noisy": Noisy})
    with fixed_noise.injected(model, own) as noise:
        np.testing.assert_array_equal(answer(model), answer(model))
    assert [facts for facts, _ in noise.rows()] == [{"layer": ["z"], "index": 0}]
    with fixed_noise.injected(around, own):
        assert not np.array_equal(answer(around), answer(around))


def test_noise_is_known_by_layer_draw_and_shape(keras: Any) -> None:
    x, y = keras.Input((50,)), keras.Input((50,))
    inner = keras.Model(y, keras.layers.GaussianNoise(0.5, name="noisy")(y, training=True), name="inner")
    model = keras.Model(x, inner(x))
    with fixed_noise.injected(model) as noise:
        inference.outputs(model, CASE)
    rows = [(facts, array.shape) for facts, array in noise.rows()]
    assert rows == [({"layer": ["inner", "noisy"], "index": 0}, (200, 50))]
