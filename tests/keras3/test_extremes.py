"""NaN, infinities, the ends of whole numbers, nothing at all: Keras 2 answers to such inputs, and so do results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

NUMBERS = np.array([[np.nan, np.inf, -np.inf, 0.0], [-0.0, 0.5, 0.4, 1e-40], [3e38, -3e38, 6.0, -7.0]], "float32")
WHOLE = np.array([[-(2**31), 2**31 - 1, 0, 1], [-1, 5, -5, 7]], "int32")

OF_NUMBERS: dict[str, Callable[[Any], Any]] = {
    "a ReLU with a threshold": lambda keras: keras.layers.ReLU(threshold=0.5),
    "a ReLU with a threshold and an end": lambda keras: keras.layers.ReLU(threshold=0.5, max_value=2.0),
    "a leaky ReLU with a threshold": lambda keras: keras.layers.ReLU(threshold=0.5, negative_slope=0.1),
    "ThresholdedReLU": lambda keras: keras.layers.ThresholdedReLU(0.5),
    "ThresholdedReLU at zero": lambda keras: keras.layers.ThresholdedReLU(0.0),
}
OF_WHOLE_NUMBERS: dict[str, Callable[[Any], Any]] = {
    "truncatediv": lambda x: tf.truncatediv(x, 3),
    "truncatediv by less than zero": lambda x: tf.truncatediv(x, -3),
    "truncatemod": lambda x: tf.truncatemod(x, 3),
    "truncatemod by less than zero": lambda x: tf.truncatemod(x, -3),
}


@pytest.mark.parametrize("name", OF_NUMBERS)
def test_numbers_without_end_come_out_as_they_did(old: Any, arrive: Any, name: str) -> None:
    x = old.Input((4,))
    model = old.Model(x, OF_NUMBERS[name](old)(x))
    np.testing.assert_array_equal(arrive(model).model(NUMBERS), model(NUMBERS))


@pytest.mark.parametrize("name", OF_WHOLE_NUMBERS)
def test_the_ends_of_whole_numbers_come_out_as_they_did(old: Any, arrive: Any, name: str) -> None:
    x = old.Input((4,), dtype="int32")
    model = old.Model(x, OF_WHOLE_NUMBERS[name](x))
    np.testing.assert_array_equal(arrive(model).model(WHOLE), model(WHOLE))


OF_NOTHING: dict[str, Callable[[Any, Any], Any]] = {
    "GlobalMaxPooling1D": lambda keras, x: keras.layers.GlobalMaxPooling1D()(x),
    "reduce_max": lambda keras, x: tf.reduce_max(x, 1),
    "reduce_min of whole numbers": lambda keras, x: tf.reduce_min(tf.cast(x, "int32"), [1, 2]),
    "min": lambda keras, x: keras.backend.min(x, axis=1, keepdims=True),
    "the number of samples": lambda keras, x: tf.reduce_sum(x, 2) * tf.cast(tf.shape(x)[0], "float32"),
    "the number of steps": lambda keras, x: x * tf.cast(tf.shape(x)[1], "float32"),
    "zeros for each sample": lambda keras, x: tf.concat([x, tf.zeros((tf.shape(x)[0], 1, 3))], 1),
}


@pytest.mark.parametrize("name", OF_NOTHING)
def test_nothing_is_answered_as_it_was(old: Any, arrive: Any, name: str) -> None:
    x = old.Input((None, 3))
    model = old.Model(x, OF_NOTHING[name](old, x))
    arrived = arrive(model).model
    for shape in ((2, 0, 3), (0, 5, 3), (2, 4, 3)):
        given = np.ones(shape, "float32")
        np.testing.assert_array_equal(arrived(given), model(given))


def test_the_largest_of_steps_that_are_there_is_taken_by_the_layer_of_keras_3(old: Any, arrive: Any) -> None:
    x = old.Input((5, 3))
    arrived = arrive(old.Model(x, old.layers.GlobalMaxPooling1D()(x)))
    assert [type(layer).__name__ for layer in arrived.model.layers] == ["InputLayer", "GlobalMaxPooling1D"]
    assert arrived.report["changes"] == []


def test_the_largest_of_nothing_but_minus_infinity_is_that(old: Any, arrive: Any) -> None:
    x = old.Input((2,))
    model = old.Model(x, tf.reduce_max(x, 1))
    np.testing.assert_array_equal(
        arrive(model).model(np.array([[-np.inf] * 2, [np.nan, 1]], "float32")), [-np.inf, np.nan]
    )


def test_the_logarithm_of_gamma_is_that_of_tensorflow_at_its_poles_as_well(old: Any, arrive: Any) -> None:
    x = old.Input((4,))
    model = old.Model(x, tf.math.lgamma(x))
    given = np.array([[0.0, -3.0, np.inf, -np.inf], [1.0, 2.0, 1e6, 1e-9], [-2.5, -0.3, 0.4, np.nan]], "float32")
    np.testing.assert_allclose(arrive(model).model(given), model(given), rtol=2e-6, atol=1e-6)
