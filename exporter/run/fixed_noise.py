"""Inject fixed random numbers into a model, below TensorFlow's random functions.

Keras 3 gets the same numbers, so both models have equal outputs.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from exporter.describe.description import layers
from exporter.load.custom_objects import NO_CUSTOM_OBJECTS, CustomObjects
from interchange.workers import random_ops

# The uniform numbers on the side of Keras 3 have this many bits, and are never 0 or 1.
_BITS = 23
_DRAWING = frozenset({"Lambda", "TFOpLambda"})
Path = tuple[str, ...]


@dataclass
class Noise:
    """Uniform numbers by the path of a layer, the number of the draw within one call of it, and their shape."""

    drawn: dict[tuple[Path, int, tuple[int, ...]], np.ndarray] = field(default_factory=dict)
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(20157))

    def uniform(self, path: Path, index: int, shape: tuple[int, ...]) -> np.ndarray:
        """The numbers of a draw, the same for equal arguments."""
        key = (path, index, shape)
        if key not in self.drawn:
            self.drawn[key] = (self.random.integers(0, 1 << _BITS, shape) + 0.5) * 2.0**-_BITS
        return self.drawn[key]

    def rows(self) -> Iterator[tuple[Mapping[str, Any], np.ndarray]]:
        """All numbers as (facts, array) for the bundle."""
        for (path, index, _), array in self.drawn.items():
            yield {"layer": list(path), "index": index}, array


@dataclass
class Draws:
    """The draws in one call of a layer, counted from 0."""

    noise: Noise
    path: Path
    count: int = 0

    def uniform(self, shape: tuple[int, ...]) -> np.ndarray:
        """The numbers of the next draw."""
        return self.next()(shape)

    def next(self) -> random_ops.Given:
        """The next draw: a function from its shape to its numbers."""
        self.count += 1
        return functools.partial(self.noise.uniform, self.path, self.count - 1)


CURRENT: ContextVar[Draws | None] = ContextVar("draws", default=None)
"""The draws of the layer that is being called, if it is one that may draw."""


@contextlib.contextmanager
def injected(model: Any, own: CustomObjects = NO_CUSTOM_OBJECTS) -> Iterator[Noise]:
    """For the length of a `with` block, layers, also those of `own` classes, draw fixed numbers."""
    import tensorflow as tf
    from tensorflow.python.ops import gen_random_ops

    noise = Noise()
    with random_ops.replaced(tf, gen_random_ops, CURRENT.get), _counted(model, noise, own):
        yield noise


def _may_draw(layer: Any, own: CustomObjects) -> bool:
    """Whether draws are counted for a layer; those in a custom model are counted for its layers."""
    import keras

    if own.holds(layer):
        return not isinstance(layer, keras.Model)
    return type(layer).__name__ in _DRAWING or isinstance(layer, keras.__internal__.layers.BaseRandomLayer)


@contextlib.contextmanager
def _counted(model: Any, noise: Noise, own: CustomObjects) -> Iterator[None]:
    """For the length of a `with` block, the draws in every call of a layer are counted.

    `Layer.__call__` is replaced and not `call`: wrappers read from the parameters of `call` whether it takes a mask.
    """
    import keras

    paths = {id(layer): path for path, layer in layers(model) if _may_draw(layer, own)}
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
