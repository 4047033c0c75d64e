"""GELU of TensorFlow Addons, whose default is the approximation by tanh."""

from __future__ import annotations

from importer.decompositions.layers import Blueprint, Composition, as_model


def compose(blueprint: Blueprint) -> Composition:
    """The layer."""
    from keras import ops

    approximate = bool(blueprint.config["approximate"])
    axes = range(1, len(blueprint.like.shape))
    return Composition(as_model(blueprint, lambda x: ops.gelu(x, approximate=approximate), axes))
