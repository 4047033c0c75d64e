"""What a user gives in place of functions nobody can translate, good and bad; each worker runs this file."""

import keras
import numpy as np


def dct(x, **options):
    """Cosines of x, the only `type` the tests ask for being 2."""
    if options.get("type", 2) != 2:
        raise ValueError(f"no cosines of {options}")
    size = x.shape[-1]
    angles = np.outer(np.arange(size) + 0.5, np.arange(size)) * np.pi / size
    return keras.ops.matmul(x, 2 * np.cos(angles).astype("float32"))


def spectrum(x):
    return dct(x) * 2


def squashed(x, scale):
    """What Keras 2 has called by this name."""
    return x / (1 + abs(x)) * scale


def softsign(x, scale):
    """What Keras 3 shall do instead."""
    return keras.ops.multiply(keras.layers.Activation("softsign")(x), scale)


def fourfold(x):
    return x * 4


def fivefold(x):
    return x * 5


def without_an_argument(x):
    return x


def error_handler(x, **options):
    """What Keras 2 has, called by the name of what TensorFlow wraps around its functions."""
    import tensorflow as tf

    return tf.nn.l2_normalize(x, **options)


def unit(x, axis):
    return x / keras.ops.norm(x, axis=axis, keepdims=True)


def eq(x):
    """What Keras 2 compared with a number that it has not saved."""
    import tensorflow as tf

    return tf.equal(x, 1.0)


def is_one(x):
    return keras.ops.equal(x, 1.0)


def raises(x):
    raise RuntimeError("never meant to be called")


def returns_a_number(x):
    return 4


def returns_nothing(x):
    return None


def with_weights(x):
    return keras.layers.Dense(4)(x)


def with_a_lambda(x):
    return keras.layers.Lambda(lambda x: x * 4)(x)


def with_a_function(x):
    return keras.layers.Activation(fourfold)(x)


class Own(keras.layers.Layer):
    def call(self, x):
        return x * 4


def with_a_layer_of_ones_own(x):
    return Own()(x)


def of_another_shape(x):
    return x[:, :2] * 4
