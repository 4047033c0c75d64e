"""Images of any size: what is computed of sizes that are known only when the model runs, by `predict` on several."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

SIZES = [(2, 7, 9), (1, 12, 8)]
RANDOM = np.random.default_rng(7)
IMAGES = [(RANDOM.standard_normal((*size, 3)) * 3).astype("float32") for size in SIZES]


def patches(x: Any, size: tuple[int, int], strides: tuple[int, int], rates: tuple[int, int], padding: str) -> Any:
    return tf.image.extract_patches(x, [1, *size, 1], [1, *strides, 1], [1, *rates, 1], padding)


def quotients(size: Any) -> Any:
    """The same for a size that is known to be below zero and for one that only turns out to be."""
    known = tf.stack([tf.truncatediv(-size, 5), tf.truncatemod(-size, 5), tf.truncatediv(-size, -5)])
    found = tf.stack([tf.truncatediv(size - 20, 5), tf.truncatemod(size - 20, 5), tf.truncatemod(size, -5)])
    return known + 10 * found


BODIES: dict[str, Callable[[Any, Any], Any]] = {
    "central_crop": lambda keras, x: tf.image.central_crop(x, 0.7),
    "the middle of bytes": lambda keras, x: tf.image.central_crop(tf.cast(tf.abs(x) * 9, "uint8"), 0.4),
    "resize_with_pad": lambda keras, x: tf.image.resize_with_pad(x, 9, 12),
    "resize_with_pad, nearest": lambda keras, x: tf.image.resize_with_pad(x, 4, 7, "nearest"),
    "resize_image_with_pad of TensorFlow 1": lambda keras, x: tf.compat.v1.image.resize_image_with_pad(x, 4, 7),
    "resize_with_crop_or_pad": lambda keras, x: tf.image.resize_with_crop_or_pad(x, 6, 7),
    "resize, the aspect kept": lambda keras, x: tf.image.resize(x, (9, 12), preserve_aspect_ratio=True),
    "resize of TensorFlow 1, the aspect kept": lambda keras, x: tf.compat.v1.image.resize_images(
        x, (5, 12), preserve_aspect_ratio=True
    ),
    "per_image_standardization": lambda keras, x: tf.image.per_image_standardization(x),
    "patches within": lambda keras, x: patches(x, (2, 3), (2, 1), (1, 1), "VALID"),
    "patches around": lambda keras, x: patches(x, (3, 2), (1, 1), (1, 2), "SAME"),
    "patches around, in steps": lambda keras, x: patches(x, (2, 5), (3, 2), (2, 1), "SAME"),
    "the mean of sizes": lambda keras, x: x * tf.cast(tf.reduce_mean(tf.shape(x)), x.dtype),
    "a part of the rows": lambda keras, x: x[
        :, : tf.truncatediv(tf.shape(x)[1], 3), : tf.truncatemod(tf.shape(x)[2], 6)
    ],
    "quotients below zero": lambda keras, x: x * tf.cast(quotients(tf.shape(x)[1]), x.dtype),
    "UpSampling2D, bilinear": lambda keras, x: keras.layers.UpSampling2D((2, 3), interpolation="bilinear")(x),
    "UpSampling2D, bilinear, channels first": lambda keras, x: keras.layers.UpSampling2D(
        (1, 4), interpolation="bilinear", data_format="channels_first"
    )(tf.transpose(x, [0, 3, 1, 2])),
    "UpSampling2D, area": lambda keras, x: keras.layers.UpSampling2D((3, 2), interpolation="area")(x),
    "resize, area": lambda keras, x: tf.image.resize(x, (4, 9), method="area"),
    "Resizing, area": lambda keras, x: keras.layers.Resizing(5, 3, interpolation="area")(x),
    "dilation2d": lambda keras, x: tf.nn.dilation2d(
        x, np.ones((3, 3, 3), "float32"), [1, 2, 2, 1], "SAME", "NHWC", [1, 1, 1, 1]
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_images_of_any_size_give_what_they_gave(old: Any, arrive: Any, name: str) -> None:
    x = old.Input((None, None, 3))
    model = old.Model(x, BODIES[name](old, x))
    arrived = arrive(model).model
    for images in IMAGES:
        expected = model(images)
        found = arrived.predict(images, verbose=0)
        assert (found.shape, found.dtype) == (expected.shape, expected.dtype.as_numpy_dtype)
        np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-6)
