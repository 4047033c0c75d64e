"""Layers of the user's classes that draw at random: while outputs are compared they are given what Keras 2 was given.

The functions of `keras.random` are taken to those of TensorFlow, whose raw numbers are given: both Keras are fed below
what makes something of a mean, a deviation or a rate. It acts within the calls of such layers alone.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from interchange.errors import Failure, Problem, refused
from interchange.messages.changes import Change
from interchange.tensors import Array
from interchange.workers import random_ops

GIVEN = (
    "it draws random numbers: while outputs were compared, both Keras got the same noise; the result draws new numbers "
    "whenever it runs, as the class says"
)
"""For the report."""
_FIXED = (
    "keras.random draws with a seed that is a number, so the same noise in every call: give a SeedGenerator instead"
)
Arrays = Mapping[int, Mapping[tuple[int, ...], Array]]
"""What a layer was given, by the number of the draw within one call of it, and by shape."""


@dataclass
class _Draws:
    """The draws of one call."""

    arrays: Arrays
    count: int = 0

    def next(self) -> random_ops.Given:
        self.count += 1
        return functools.partial(self._given, self.count - 1)

    def _given(self, index: int, shape: tuple[int, ...]) -> Array:
        known = self.arrays.get(index, {})
        if known and shape not in known:
            shapes = " and ".join(map(str, sorted(known)))
            raise ValueError(f"noise is drawn in the shape {shape}, and in {shapes} by Keras 2")
        if not known:
            raise ValueError(f"noise is drawn more than {_times(len(self.arrays))} in a call, as Keras 2 does")
        return known[shape]


def change(layer: Any, path: str) -> Change:
    """The line for the report."""
    return Change(path, type(layer).__name__, "semantic", GIVEN)


def give(layer: Any, path: str, arrays: Arrays) -> None:
    """From now on whatever the layer draws in a call is what `arrays` hold; it raises `Failure` if it draws less."""
    real = layer.call

    @functools.wraps(real)
    def call(*args: Any, **kwargs: Any) -> Any:
        draws = _Draws(arrays)
        with _given(draws):
            result = real(*args, **kwargs)
        if draws.count < len(arrays):
            raise _fewer(path, type(layer).__name__, len(arrays), draws.count)
        return result

    layer.call = call


def _fewer(path: str, class_name: str, before: int, now: int) -> Failure:
    text = f"it draws noise {_times(before)} in a call in Keras 2, and {_times(now)} in Keras 3 by "
    text += "the functions of keras.random and tf.random"
    problem = Problem(path, class_name, text)
    failure = refused([problem], str(problem), _SAME)
    failure._keras_call_info_injected = True  # type: ignore[attr-defined]  # so that Keras lets it through as it is
    return failure


_SAME = "Let the class for Keras 3 draw what the one for Keras 2 does, in the same order, by keras.random or tf.random."


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")


@contextlib.contextmanager
def _given(draws: _Draws) -> Iterator[None]:
    import tensorflow as tf
    from keras.src.backend import random
    from tensorflow.python.ops import gen_random_ops

    by_tensorflow = {name: functools.partial(_seeded, function) for name, function in _BY_TENSORFLOW.items()}
    with random_ops.replaced(tf, gen_random_ops, lambda: draws), random_ops.patched(random, by_tensorflow):
        yield


def _seeded(function: Callable[..., Any], *args: Any, seed: Any = None, **kwargs: Any) -> Any:
    """A function of Keras, by TensorFlow; what always draws the same is no noise that could be given."""
    import tensorflow as tf

    if isinstance(seed, int):
        raise ValueError(_FIXED)
    return function(tf, *args, **kwargs)


def _dtype(given: Any) -> Any:
    import keras

    return given or keras.config.floatx()


def _normal(tf: Any, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None) -> Any:
    return tf.random.normal(shape, mean, stddev, _dtype(dtype))


def _truncated(tf: Any, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None) -> Any:
    return tf.random.truncated_normal(shape, mean, stddev, _dtype(dtype))


def _uniform(tf: Any, shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None) -> Any:
    return tf.random.uniform(shape, minval, maxval, _dtype(dtype))


def _randint(tf: Any, shape: Any, minval: Any, maxval: Any, dtype: Any = "int32") -> Any:
    made = tf.as_dtype(dtype) if tf.as_dtype(dtype) in (tf.int32, tf.int64) else tf.int64
    return tf.cast(tf.random.uniform(shape, minval, maxval, made), dtype)


def _categorical(tf: Any, logits: Any, num_samples: Any, dtype: Any = "int64") -> Any:
    return tf.cast(tf.random.categorical(logits, num_samples), dtype)


def _dropout(tf: Any, inputs: Any, rate: Any, noise_shape: Any = None) -> Any:
    return tf.nn.dropout(inputs, rate, noise_shape)


_BY_TENSORFLOW: Mapping[str, Callable[..., Any]] = {
    "normal": _normal,
    "truncated_normal": _truncated,
    "uniform": _uniform,
    "randint": _randint,
    "categorical": _categorical,
    "dropout": _dropout,
}
