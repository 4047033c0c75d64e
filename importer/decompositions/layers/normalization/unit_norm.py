"""UnitNormalization: the norm has a floor of 1e-6 in Keras 2, of 1e-12 in Keras 3."""

from __future__ import annotations

from collections.abc import Sequence

from importer.decompositions.layers import Blueprint, Composition, as_model
from translation.operators.linalg.norms import l2_normalize


def compose(blueprint: Blueprint) -> Composition:
    """`tf.linalg.l2_normalize` along `axis`, one or several."""
    from keras import ops

    axis = blueprint.config["axis"]
    axes = axis if isinstance(axis, Sequence) else [axis]
    free = range(1, len(blueprint.like.shape))
    return Composition(as_model(blueprint, lambda x: l2_normalize(ops, x, axes), free))
