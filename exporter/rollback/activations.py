"""The activations of Keras 3 that Keras 2.15 lacks, or has under their names as others, of TensorFlow's functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def _glu(x: Any) -> Any:
    import tensorflow as tf

    value, gate = tf.split(x, 2, axis=-1)
    return value * tf.sigmoid(gate)


def _hard_shrink(x: Any) -> Any:
    import tensorflow as tf

    return tf.where(tf.abs(x) > 0.5, x, tf.zeros_like(x))


def _hard_sigmoid(x: Any) -> Any:
    import tensorflow as tf

    return tf.nn.relu6(x + 3.0) / 6.0


def _hard_silu(x: Any) -> Any:
    return x * _hard_sigmoid(x)


def _hard_tanh(x: Any) -> Any:
    import tensorflow as tf

    return tf.clip_by_value(x, -1.0, 1.0)


def _log_sigmoid(x: Any) -> Any:
    import tensorflow as tf

    return tf.math.log_sigmoid(x)


def _soft_shrink(x: Any) -> Any:
    import tensorflow as tf

    return tf.where(x > 0.5, x - 0.5, tf.where(x < -0.5, x + 0.5, tf.zeros_like(x)))


def _sparse_plus(x: Any) -> Any:
    import tensorflow as tf

    return tf.where(x <= -1.0, tf.zeros_like(x), tf.where(x < 1.0, 0.25 * tf.square(x + 1.0), x))


def _sparse_sigmoid(x: Any) -> Any:
    import tensorflow as tf

    return tf.where(x <= -1.0, tf.zeros_like(x), tf.where(x >= 1.0, tf.ones_like(x), 0.5 * (x + 1.0)))


def _squareplus(x: Any) -> Any:
    import tensorflow as tf

    return (x + tf.sqrt(tf.square(x) + 4.0)) / 2.0


def _tanh_shrink(x: Any) -> Any:
    import tensorflow as tf

    return x - tf.tanh(x)


ACTIVATIONS: Mapping[str, Callable[[Any], Any]] = {
    "glu": _glu,
    "hard_shrink": _hard_shrink,
    "hard_sigmoid": _hard_sigmoid,
    "hard_silu": _hard_silu,
    "hard_swish": _hard_silu,
    "hard_tanh": _hard_tanh,
    "log_sigmoid": _log_sigmoid,
    "soft_shrink": _soft_shrink,
    "sparse_plus": _sparse_plus,
    "sparse_sigmoid": _sparse_sigmoid,
    "squareplus": _squareplus,
    "tanh_shrink": _tanh_shrink,
}
"""By name; each with the arguments that Keras 3 has by default."""
