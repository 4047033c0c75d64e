"""Bodies of Lambda layers in generated models, by name: whatever the rank of what they are given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

# What bodies know by these names; the program that builds models says what they are.
K: Any = None
tf: Any = None


def scaled(x: Any) -> Any:
    """Arithmetic with constants."""
    return x * 0.5 - 1.25


def normalised(x: Any) -> Any:
    """A function of the backend with an axis."""
    return K.l2_normalize(x, axis=-1)


def swished(x: Any, factor: float = 1.5) -> Any:
    """A default, and a method of TensorFlow."""
    return x * tf.nn.sigmoid(factor * x)


def centred(x: Any) -> Any:
    """A local name, and a reduction that keeps its axis."""
    mean = tf.reduce_mean(x, axis=-1, keepdims=True)
    return (x - mean) / (K.std(x, axis=-1, keepdims=True) + 0.1)


def turned(x: Any) -> Any:
    """A slice."""
    return x[..., ::-1] + x


def clipped(x: Any) -> Any:
    """Nested calls."""
    return K.clip(K.maximum(x, -0.5) * 2, 0.0, 1.5)


def doubled(x: Any) -> Any:
    """A branch on what is known of the shape."""
    if len(x.shape) > 2:
        return tf.concat([x, -x], axis=-1)
    return K.concatenate([x, x * 0.1])


def cast(x: Any) -> Any:
    """Numbers of another dtype on the way."""
    return K.cast(x > 0, K.dtype(x)) * tf.abs(x)


BODIES: Mapping[str, Callable[..., Any]] = {
    each.__name__: each for each in (scaled, normalised, swished, centred, turned, clipped, doubled, cast)
}
