"""The noise of a model that draws at random: numbers of ours in the place of TensorFlow's raw ones, the same each time.

Everything else of a random function is TensorFlow's and Keras's own: what it makes of a mean, a rate or a limit is
what has to be compared. So Keras 3 is given the same numbers, and both models answer alike.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from exporter.describe import layers

# All uniform numbers of Keras 3's side are of these many bits, and never 0 or 1.
_BITS = 23
_DRAWING = frozenset({"Lambda", "TFOpLambda"})
Path = tuple[str, ...]


@dataclass
class Noise:
    """Uniform numbers by the path of a layer, the number of the draw within one call of it, and their shape."""

    drawn: dict[tuple[Path, int, tuple[int, ...]], np.ndarray] = field(default_factory=dict)
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(20157))

    def uniform(self, path: Path, index: int, shape: tuple[int, ...]) -> np.ndarray:
        """The same numbers whenever the same is asked for."""
        key = (path, index, shape)
        if key not in self.drawn:
            self.drawn[key] = (self.random.integers(0, 1 << _BITS, shape) + 0.5) * 2.0**-_BITS
        return self.drawn[key]

    def rows(self) -> Iterator[tuple[Mapping[str, Any], np.ndarray]]:
        """All of it as (facts, array) for the bundle."""
        for (path, index, _), array in self.drawn.items():
            yield {"layer": list(path), "index": index}, array


@dataclass
class Draws:
    """The draws of one call of a layer, counted from the first."""

    noise: Noise
    path: Path
    count: int = 0

    def uniform(self, shape: tuple[int, ...]) -> np.ndarray:
        """The noise of the next draw."""
        self.count += 1
        return self.noise.uniform(self.path, self.count - 1, shape)

    def again(self) -> Draws:
        """The same draws from the first on."""
        return Draws(self.noise, self.path)


CURRENT: ContextVar[Draws | None] = ContextVar("draws", default=None)
"""The call of a layer that is being made, if it is one that may draw."""


@contextlib.contextmanager
def given(model: Any) -> Iterator[Noise]:
    """For the length of a `with` block, what the layers of a model draw is given to them."""
    from tensorflow.python.ops import gen_random_ops

    noise = Noise()
    real = {name: getattr(gen_random_ops, name) for name in _RAW}
    for name, make in _RAW.items():
        setattr(gen_random_ops, name, _unless_given(make, real[name]))
    try:
        with _counted(model, noise):
            yield noise
    finally:
        for name, function in real.items():
            setattr(gen_random_ops, name, function)


def _may_draw(layer: Any) -> bool:
    import keras

    return type(layer).__name__ in _DRAWING or isinstance(layer, keras.__internal__.layers.BaseRandomLayer)


@contextlib.contextmanager
def _counted(model: Any, noise: Noise) -> Iterator[None]:
    """Within, the draws of every call of a layer are counted.

    The layers keep their own `call`: wrappers read from its arguments whether it takes a mask.
    """
    import keras

    paths = {id(layer): path for path, layer in layers(model) if _may_draw(layer)}
    real = keras.layers.Layer.__call__

    def called(layer: Any, *args: Any, **kwargs: Any) -> Any:
        path = paths.get(id(layer))
        token = CURRENT.set(CURRENT.get() if path is None else Draws(noise, path))
        try:
            return real(layer, *args, **kwargs)
        finally:
            CURRENT.reset(token)

    keras.layers.Layer.__call__ = called
    try:
        yield
    finally:
        keras.layers.Layer.__call__ = real


def _unless_given(make: Callable[..., Any], real: Callable[..., Any]) -> Callable[..., Any]:
    """A raw random operation that draws only where nobody gives it numbers."""

    def draw(*args: Any, **kwargs: Any) -> Any:
        draws = CURRENT.get()
        return real(*args, **kwargs) if draws is None else make(draws, *args, **kwargs)

    return draw


def _static(shape: Any) -> tuple[int, ...]:
    import tensorflow as tf

    return tuple(int(size) for size in tf.get_static_value(tf.convert_to_tensor(shape)))


def _raw(made_of: Callable[[Any], Any]) -> Callable[..., Any]:
    """A raw operation that makes each of its numbers of a uniform one."""

    def make(draws: Draws, shape: Any, dtype: Any, **_: Any) -> Any:
        import tensorflow as tf

        return tf.cast(made_of(tf.constant(draws.uniform(_static(shape)))), dtype)

    return make


def _normal(uniform: Any) -> Any:
    import tensorflow as tf

    return 2**0.5 * tf.math.erfinv(2 * uniform - 1)


def _truncated(uniform: Any) -> Any:
    """What is left of the normal distribution between -2 and 2."""
    import tensorflow as tf

    return 2**0.5 * tf.math.erfinv((2 * uniform - 1) * tf.math.erf(tf.constant(2**0.5, uniform.dtype)))


def _whole(draws: Draws, shape: Any, minval: Any, maxval: Any, **_: Any) -> Any:
    import tensorflow as tf

    span = tf.cast(maxval - minval, "float64")
    return minval + tf.cast(tf.floor(draws.uniform(_static(shape)) * span), maxval.dtype)


def _categorical(draws: Draws, logits: Any, num_samples: Any, output_dtype: Any = "int64", **_: Any) -> Any:
    """The largest of the logits, each moved by a number of Gumbel's distribution."""
    import tensorflow as tf

    batch, classes = logits.shape
    uniform = tf.cast(draws.uniform((batch, int(num_samples), classes)), logits.dtype)
    return tf.argmax(logits[:, None, :] - tf.math.log(-tf.math.log(uniform)), -1, output_dtype)


_RAW: Mapping[str, Callable[..., Any]] = {
    "random_uniform": _raw(lambda uniform: uniform),
    "random_standard_normal": _raw(_normal),
    "truncated_normal": _raw(_truncated),
    "random_uniform_int": _whole,
    "multinomial": _categorical,
}
