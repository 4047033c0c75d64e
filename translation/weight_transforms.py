"""Weights that Keras 3 holds in another shape or order: named pure functions on NumPy arrays, each with its inverse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
Move = Callable[[Array, tuple[int, ...]], Array]


@dataclass(frozen=True)
class Recast:
    """`forward` makes a tensor of Keras 2 into one of the shape Keras 3 wants, `backward` is the way back."""

    name: str
    forward: Move
    backward: Move

    def then(self, other: Recast, middle: tuple[int, ...]) -> Recast:
        """The recast followed by another; `middle` is the shape in between."""
        return Recast(
            f"{self.name}, {other.name}",
            lambda tensor, shape: other.forward(self.forward(tensor, middle), shape),
            lambda value, shape: self.backward(other.backward(value, middle), shape),
        )


RESHAPED = Recast("reshaped", np.reshape, np.reshape)


def permuted(order: tuple[int, ...]) -> Recast:
    """Axes in another order, as `numpy.transpose` counts them."""
    back = tuple(int(axis) for axis in np.argsort(order))
    return Recast("permuted", lambda tensor, _: tensor.transpose(order), lambda value, _: value.transpose(back))


def mirrored(spatial: int) -> Recast:
    """A transposed convolution's kernel as that of a plain one: turned around in space, channels exchanged."""
    axes = tuple(range(spatial))
    order = (*axes, spatial + 1, spatial)

    def mirror(tensor: Array, _: tuple[int, ...]) -> Array:
        return np.flip(tensor, axes).transpose(order)

    return Recast("mirrored", mirror, mirror)
