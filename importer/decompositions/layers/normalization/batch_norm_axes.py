"""BatchNormalization along several axes or with virtual batches, which Keras 3 lacks: one axis, reshaped weights."""

from __future__ import annotations

import math
from typing import Any

from importer.decompositions.layers import Blueprint, Composition, WeightTarget, as_model
from translation.weight_transforms import RESHAPED

_AFFINE = {"center": "beta", "scale": "gamma"}
_MOVING = ("moving_mean", "moving_variance")
_RENORM = ("moving_stddev", "renorm_mean", "renorm_stddev")


def compose(blueprint: Blueprint) -> Composition:
    """For one axis Keras 3's own layer; several axes are folded into a last one and unfolded after."""
    axis = blueprint.config["axis"]
    if isinstance(axis, int):
        layer = _layer(blueprint, blueprint.name, axis)
        note = "its weights are reshaped: without virtual batches they have the normalised axis alone"
        return Composition(layer, _weights(layer, blueprint), note)
    inner = _layer(blueprint, f"{blueprint.name}_folded", -1)
    others = _others(axis, len(blueprint.like.shape))
    free = others if len(others) == 1 else []
    model = as_model(blueprint, lambda x: _folded(x, axis, inner, blueprint.dtype), free)
    return Composition(model, _weights(inner, blueprint))


def _layer(blueprint: Blueprint, name: str, axis: int) -> Any:
    import keras

    config = dict(blueprint.config) | {"axis": axis}
    return keras.layers.BatchNormalization(name=name, dtype=blueprint.dtype, **config)


def _weights(layer: Any, blueprint: Blueprint) -> dict[str, WeightTarget]:
    config = blueprint.config
    affine = [name for key, name in _AFFINE.items() if config.get(key, True)]
    names = [*affine, *_MOVING, *(_RENORM if config.get("renorm") else ())]
    return {name: WeightTarget(layer, name, RESHAPED) for name in names}


def _others(axes: list[int], rank: int) -> list[int]:
    """The axes that are not normalized, without the batch axis."""
    return sorted(set(range(1, rank)) - {axis % rank for axis in axes})


def _folded(x: Any, axes: list[int], layer: Any, dtype: str | None) -> Any:
    from keras import layers, ops

    rank = len(x.shape)
    normalized = sorted(axis % rank for axis in axes)
    others = _others(axes, rank)
    order = [0, *others, *normalized]
    sizes = [x.shape[axis] or -1 for axis in order[1:]]
    if 0 in normalized or sizes.count(-1) > 1:
        raise ValueError(f"axes {normalized} of {tuple(x.shape)}: only one size besides the batch's may be unknown")
    channels = math.prod(sizes[len(others) :])
    folded = layers.Reshape((*([-1] if others else []), channels), dtype=dtype)(ops.transpose(x, order))
    unfolded = layers.Reshape(sizes, dtype=dtype)(layer(folded))
    return ops.transpose(unfolded, [order.index(axis) for axis in range(rank)])
