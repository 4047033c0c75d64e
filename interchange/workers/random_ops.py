"""TensorFlow's raw random operations, made of uniform numbers that somebody gives: the same ones for both Keras.

Everything else of a random function is TensorFlow's own: what it makes of a mean, a rate or a limit is what has to be
compared. `tf` is `tensorflow` throughout.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

import numpy as np

Given = Callable[[tuple[int, ...]], np.ndarray]
"""The numbers of one draw, between 0 and 1 and neither, by its shape."""


class Draws(Protocol):
    """The draws of one call of a layer, in order."""

    def next(self) -> Given:
        """What the next draw is given."""


@contextlib.contextmanager
def replaced(tf: Any, operations: Any, current: Callable[[], Draws | None]) -> Iterator[None]:
    """Within, the raw `operations`, a module, draw only where `current` has nothing to give."""
    made = {name: functools.partial(make, tf) for name, make in _RAW.items()}
    with patched(
        operations, {name: _unless_given(own, getattr(operations, name), current) for name, own in made.items()}
    ):
        yield


@contextlib.contextmanager
def patched(module: Any, functions: Mapping[str, Callable[..., Any]]) -> Iterator[None]:
    """Within, these functions stand in a module."""
    real = {name: getattr(module, name) for name in functions}
    vars(module).update(functions)
    try:
        yield
    finally:
        vars(module).update(real)


def _unless_given(
    make: Callable[..., Any], real: Callable[..., Any], current: Callable[[], Draws | None]
) -> Callable[..., Any]:
    def draw(*args: Any, **kwargs: Any) -> Any:
        draws = current()
        return real(*args, **kwargs) if draws is None else make(draws, *args, **kwargs)

    return draw


def _uniform(tf: Any, draws: Draws, shape: Any) -> Any:
    """The next draw as float64; in a graph that is traced its shape may be known only when that runs."""
    given, sizes = draws.next(), tf.convert_to_tensor(shape)
    static = tf.get_static_value(sizes)
    if static is not None:
        return tf.constant(given(tuple(map(int, static))))
    return tf.reshape(tf.numpy_function(lambda found: given(tuple(map(int, found))), [sizes], "float64"), sizes)


def _raw(made_of: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """A raw operation that makes each of its numbers of a uniform one."""

    def make(tf: Any, draws: Draws, shape: Any, dtype: Any, **_: Any) -> Any:
        return tf.cast(made_of(tf, _uniform(tf, draws, shape)), dtype)

    return make


def _normal(tf: Any, uniform: Any) -> Any:
    return 2**0.5 * tf.math.erfinv(2 * uniform - 1)


def _truncated(tf: Any, uniform: Any) -> Any:
    """What is left of the normal distribution between -2 and 2."""
    return 2**0.5 * tf.math.erfinv((2 * uniform - 1) * tf.math.erf(tf.constant(2**0.5, uniform.dtype)))


def _whole(tf: Any, draws: Draws, shape: Any, minval: Any, maxval: Any, **_: Any) -> Any:
    span = tf.cast(maxval - minval, "float64")
    return minval + tf.cast(tf.floor(_uniform(tf, draws, shape) * span), maxval.dtype)


def _categorical(tf: Any, draws: Draws, logits: Any, num_samples: Any, output_dtype: Any = "int64", **_: Any) -> Any:
    """The largest of the logits, each moved by a number of Gumbel's distribution."""
    batch, classes = tf.unstack(tf.shape(logits))
    uniform = tf.cast(_uniform(tf, draws, (batch, num_samples, classes)), logits.dtype)
    return tf.argmax(logits[:, None, :] - tf.math.log(-tf.math.log(uniform)), -1, output_dtype)


_RAW: Mapping[str, Callable[..., Any]] = {
    "random_uniform": _raw(lambda _, uniform: uniform),
    "random_standard_normal": _raw(_normal),
    "truncated_normal": _raw(_truncated),
    "random_uniform_int": _whole,
    "multinomial": _categorical,
}
