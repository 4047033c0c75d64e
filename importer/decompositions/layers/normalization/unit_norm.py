"""UnitNormalization: the norm has a floor of 1e-6 in Keras 2, of 1e-12 in Keras 3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from importer.decompositions.layers import Blueprint, Composition, as_model


def compose(blueprint: Blueprint) -> Composition:
    """UnitNormalization along `axis`, one or several."""
    axis = blueprint.config["axis"]
    axes = axis if isinstance(axis, Sequence) else [axis]
    return Composition(as_model(blueprint, lambda x: normalized(x, axes), range(1, len(blueprint.like.shape))))


def normalized(x: Any, axes: Sequence[int]) -> Any:
    """As `tf.linalg.l2_normalize`: the floor is 1e-12 under the root."""
    from keras import ops

    squares = ops.sum(ops.square(x), axis=tuple(axes), keepdims=True)
    return ops.multiply(x, ops.rsqrt(ops.maximum(squares, 1e-12)))
