"""Functions of `keras.backend` that want tuples or arrays, which no file can give them and only a Lambda does."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
import tf_keras

from importer.build import operator_calls

NUMBERS = np.random.default_rng(7)


def numbers(*shape):
    return NUMBERS.normal(size=shape).astype("float32")


CALLS = [
    ("pool2d", (5, 7, 2), {"pool_size": (3, 2), "strides": (2, 2), "padding": "same"}),
    ("pool2d", (2, 6, 5), {"pool_size": (2, 2), "pool_mode": "avg", "data_format": "channels_first"}),
    ("pool3d", (5, 4, 3, 2), {"pool_size": (3, 2, 2), "strides": (2, 2, 2), "padding": "same"}),
    ("pool3d", (4, 4, 4, 1), {"pool_size": (2, 2, 2), "pool_mode": "avg"}),
    ("bias_add", (3, 2), {"bias": numbers(3, 2)}),
    ("bias_add", (3, 2), {"bias": numbers(2, 3), "data_format": "channels_first"}),
    ("bias_add", (2, 4, 4), {"bias": numbers(2), "data_format": "channels_first"}),
    ("conv1d", (7, 2), {"kernel": numbers(3, 2, 4), "padding": "causal", "dilation_rate": 2}),
    ("conv1d", (6, 3), {"kernel": numbers(2, 3, 1), "strides": 2}),
    ("conv2d_transpose", (4, 3, 2), {"kernel": numbers(3, 2, 3, 2), "output_shape": (None, 6, 4, 3)}),
    (
        "conv2d_transpose",
        (4, 3, 2),
        {"kernel": numbers(3, 2, 3, 2), "output_shape": (None, 7, 6, 3), "strides": (2, 2), "padding": "same"},
    ),
    (
        "batch_normalization",
        (3, 4, 2),
        {"mean": numbers(2), "var": numbers(2) ** 2, "beta": numbers(2), "gamma": None, "axis": -1},
    ),
]


@pytest.mark.parametrize(("name", "shape", "options"), CALLS)
def test_it_computes_what_keras_2_does(name, shape, options):
    x = numbers(3, *shape)
    given = keras.Input(shape)
    model = keras.Model(given, operator_calls.call(f"keras.backend.{name}", [given], options))
    tensors = {key: tf.constant(value) if isinstance(value, np.ndarray) else value for key, value in options.items()}
    expected = getattr(tf_keras.backend, name)(tf.constant(x), **tensors)
    np.testing.assert_allclose(model(x), expected, rtol=1e-5, atol=1e-5)
