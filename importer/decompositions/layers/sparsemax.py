"""Sparsemax of TensorFlow Addons, the projection onto the simplex; Keras 3's function of that name differs."""

from __future__ import annotations

from importer.decompositions.activations import sparsemax
from importer.decompositions.layers import Blueprint, Composition, as_model


def compose(blueprint: Blueprint) -> Composition:
    """The layer, along the last axis."""
    from keras import ops

    return Composition(as_model(blueprint, lambda x: sparsemax(ops, x), range(1, len(blueprint.like.shape) - 1)))
