"""UnitNormalization and Dot(normalize=True): the norm has a floor of 1e-6 in Keras 2, of 1e-12 and 1e-7 in Keras 3."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from importer.decompositions import Blueprint, Composition, Invocation, Proceed, as_model


def compose(blueprint: Blueprint) -> Composition:
    """UnitNormalization along `axis`, one or several."""
    axis = blueprint.config["axis"]
    axes = axis if isinstance(axis, Sequence) else [axis]
    return Composition(as_model(blueprint, lambda x: _normalized(x, axes), range(1, len(blueprint.like.shape))))


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """Dot on inputs that are normalised before the call."""
    axes = invocation.layer.axes
    pair = axes if isinstance(axes, Sequence) else [axes, axes]
    inputs = [_normalized(x, [axis]) for x, axis in zip(invocation.inputs, pair)]
    return proceed(invocation.on(inputs))


def _normalized(x: Any, axes: Sequence[int]) -> Any:
    """`tf.linalg.l2_normalize`: the floor is 1e-12 under the root."""
    from keras import ops

    squares = ops.sum(ops.square(x), axis=tuple(axes), keepdims=True)
    return ops.multiply(x, ops.rsqrt(ops.maximum(squares, 1e-12)))
