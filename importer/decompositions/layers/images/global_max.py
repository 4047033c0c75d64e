"""GlobalMaxPooling of zero steps: Keras 2 gives minus infinity, Keras 3 raises."""

from __future__ import annotations

from typing import Any

from importer.decompositions.layers import Blueprint, Composition, as_model
from translation.operators.math.reductions import largest
from translation.operators.portable_ops import PORTABLE_OPS


def compose(blueprint: Blueprint) -> Composition:
    """The maximum over all axes between samples and channels if one may be empty; else Keras 3's own layer.

    A ragged tensor gets Keras 3's own layer as well.
    """
    import keras

    config, shape = blueprint.config, blueprint.like.shape
    rank = len(shape)
    axes = range(2, rank) if config["data_format"] == "channels_first" else range(1, rank - 1)
    if blueprint.given or all(shape[axis] for axis in axes):
        layer = getattr(keras.layers, f"GlobalMaxPooling{rank - 2}D")
        return Composition(layer(name=blueprint.name, dtype=blueprint.dtype, **config))
    return Composition(as_model(blueprint, lambda x: _largest(x, list(axes), config["keepdims"]), range(1, rank)))


def _largest(x: Any, axes: list[int], keepdims: bool) -> Any:
    return largest(PORTABLE_OPS, x, axes, keepdims)
