"""UnitNormalization: the norm is no less than 1e-12 in Keras 3, and than 1e-6 in Keras 2.15."""

from __future__ import annotations

from typing import Any

from exporter.rollback.calls import Invocation, Proceed
from exporter.rollback.masks import mask_of, with_mask

_FLOOR = 1e-12


def apply(invocation: Invocation, _: Proceed) -> Any:
    """The input divided by its norm, as Keras 3 does it."""
    import tensorflow as tf

    x, axis = invocation.inputs, invocation.spec.config["axis"]
    x = tf.cast(x, invocation.layer.compute_dtype)
    return with_mask(normalized(x, axis, _FLOOR), mask_of(invocation.inputs))


def normalized(x: Any, axis: Any, floor: float) -> Any:
    """A tensor divided by its norm along an axis or several, which counts as no less than the floor."""
    import tensorflow as tf

    inverse = tf.math.rsqrt(tf.reduce_sum(tf.square(x), axis=axis, keepdims=True))
    return x * tf.minimum(inverse, 1.0 / floor)
