"""BatchNormalization along several axes, which Keras 3 has lost: one axis that holds them all."""

from __future__ import annotations

import math
from typing import Any

from importer.native import Blueprint, Composition, Weight, as_model
from importer.recasts import RESHAPED

_AFFINE = {"center": "beta", "scale": "gamma"}


def compose(blueprint: Blueprint) -> Composition:
    """Fold the axes into a last one and all others into the batch, normalise, and unfold."""
    import keras

    config = dict(blueprint.config) | {"axis": -1}
    if config.get("renorm"):
        raise ValueError("renorm along several axes is not migrated")
    inner = keras.layers.BatchNormalization(name=f"{blueprint.name}_folded", dtype=blueprint.dtype, **config)
    names = [name for key, name in _AFFINE.items() if config.get(key, True)] + ["moving_mean", "moving_variance"]
    weights = {name: Weight(inner, name, RESHAPED) for name in names}
    return Composition(as_model(blueprint, lambda x: _folded(x, blueprint.config["axis"], inner)), weights)


def _folded(x: Any, axes: list[int], layer: Any) -> Any:
    from keras import ops

    rank = len(x.shape)
    kept = sorted(axis % rank for axis in axes)
    order = [axis for axis in range(rank) if axis not in kept] + kept
    sizes = [x.shape[axis] for axis in order]
    if 0 in kept or None in sizes[1:]:
        raise ValueError(f"axes {kept} of {tuple(x.shape)}: all sizes but the batch's must be known")
    y = layer(ops.reshape(ops.transpose(x, order), (-1, math.prod(sizes[rank - len(kept) :]))))
    back = [order.index(axis) for axis in range(rank)]
    return ops.transpose(ops.reshape(y, (-1, *sizes[1:])), back)
