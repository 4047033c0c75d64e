"""Sparsemax of TensorFlow Addons, the projection onto the simplex: Keras 3's function of the name is another."""

from __future__ import annotations

from typing import Any

from importer.decompositions.layers import Blueprint, Composition, as_model


def compose(blueprint: Blueprint) -> Composition:
    """The layer, along the last axis."""
    return Composition(as_model(blueprint, sparsemax, range(1, len(blueprint.like.shape) - 1)))


def sparsemax(x: Any) -> Any:
    """What is above a threshold that makes the sum one: the largest of the thresholds that any number of them gives."""
    from keras import ops

    falling = ops.negative(ops.sort(ops.negative(x), axis=-1))
    counts = ops.cumsum(ops.ones_like(x), axis=-1)
    thresholds = ops.divide(ops.subtract(ops.cumsum(falling, axis=-1), 1.0), counts)
    return ops.relu(ops.subtract(x, ops.max(thresholds, axis=-1, keepdims=True)))
