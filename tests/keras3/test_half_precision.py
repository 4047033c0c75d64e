"""Half precision far from zero, where what Keras 2 rounds to float16 and Keras 3 does not is most of the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

X = (100 + np.random.default_rng(3).standard_normal((3, 6, 6, 4))).astype("float16")

BODIES: dict[str, Callable[[Any, Any], Any]] = {
    "LayerNormalization": lambda keras, x: keras.layers.LayerNormalization(dtype="float16")(x),
    "LayerNormalization of two axes": lambda keras, x: keras.layers.LayerNormalization([2, 3], dtype="float16")(x),
    "LayerNormalization without gamma": lambda keras, x: keras.layers.LayerNormalization(
        1, scale=False, dtype="float16"
    )(x),
    "GroupNormalization": lambda keras, x: keras.layers.GroupNormalization(2, dtype="float16")(x),
    "GroupNormalization, mixed": lambda keras, x: keras.layers.GroupNormalization(
        3, axis=1, epsilon=1e-5, dtype=keras.mixed_precision.Policy("mixed_float16")
    )(x),
    "GroupNormalization without beta": lambda keras, x: keras.layers.GroupNormalization(
        -1, center=False, dtype="float16"
    )(x),
    "GlobalAveragePooling2D": lambda keras, x: keras.layers.GlobalAveragePooling2D(dtype="float16")(x),
    "reduce_mean": lambda keras, x: tf.reduce_mean(x, [1, 2]),
    "reduce_variance": lambda keras, x: tf.math.reduce_variance(x, 1),
    "std": lambda keras, x: keras.backend.std(x, axis=1),
    "UpSampling2D": lambda keras, x: keras.layers.UpSampling2D(
        interpolation="bilinear", dtype=keras.mixed_precision.Policy("mixed_float16")
    )(x),
}


@pytest.mark.parametrize("name", BODIES)
def test_what_is_computed_in_halves_is_computed_in_halves(old: Any, arrive: Any, name: str) -> None:
    x = old.Input((6, 6, 4), dtype="float16")
    model = old.Model(x, BODIES[name](old, x))
    found, expected = arrive(model).model(X), model(X)  # in this order: arriving gives it its weights
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


def test_halves_whose_sum_has_no_end_have_a_mean_without_end(old: Any, arrive: Any) -> None:
    x = old.Input((None, None, 2), dtype="float16")
    model = old.Model(x, old.layers.GlobalAveragePooling2D(dtype="float16")(x))
    assert np.isinf(arrive(model).model(np.full((1, 30, 30, 2), 100, "float16"))).all()


def test_numbers_beside_a_bfloat16_stay_what_they_are(old: Any, arrive: Any) -> None:
    x = old.Input((3,), dtype="bfloat16")
    model = old.Model(x, tf.math.log(tf.abs(x) + 1) * [1.0, 2.0, 4.0])
    given = tf.constant([[0.0, 1.0, -3.0]], "bfloat16")
    np.testing.assert_array_equal(arrive(model).model(given), model(given))


def test_weights_of_axes_in_another_order_are_read_as_keras_2_reads_them(old: Any, arrive: Any) -> None:
    x = old.Input((7, 5, 2))
    model = old.Model(x, old.layers.LayerNormalization(axis=(3, 1))(x))
    arrived = arrive(model)
    given = np.random.default_rng(4).standard_normal((2, 7, 5, 2)).astype("float32")
    np.testing.assert_allclose(arrived.model(given), model(given), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["GroupNormalization", "GlobalAveragePooling2D"])
def test_the_report_says_what_is_not_added_up_in_bfloat16(old: Any, arrive: Any, name: str) -> None:
    x = old.Input((6, 6, 4))
    options = {"groups": 2} if name == "GroupNormalization" else {}
    layer = getattr(old.layers, name)(dtype=old.mixed_precision.Policy("mixed_bfloat16"), **options)
    changes = arrive(old.Model(x, layer(x))).report["changes"]
    assert ["its sums are taken in float32" in change["text"] for change in changes] == [True]
