"""AdaptiveAveragePooling of TensorFlow Addons: as many equal parts along every axis as are wanted."""

from __future__ import annotations

from importer.decompositions import Blueprint, Composition
from importer.decompositions.layers.images.parts import pooled


def compose(blueprint: Blueprint) -> Composition:
    """One reshape, and the mean of every part."""
    from keras import ops

    return pooled(blueprint, ops.mean)
