"""Maxout of TensorFlow Addons: the largest of every `num_units`-th number along an axis."""

from __future__ import annotations

from typing import Any

from importer.decompositions.layers import Blueprint, Composition, as_model


def compose(blueprint: Blueprint) -> Composition:
    """A reshape and a maximum; raises ValueError if the size of the axis is unknown."""
    from keras import ops

    shape, units = blueprint.like.shape, blueprint.config["num_units"]
    axis = blueprint.config["axis"] % len(shape)
    if shape[axis] is None:
        raise ValueError("the size of the feature axis must be known")

    def body(x: Any) -> Any:
        sizes = [-1 if size is None else size for size in x.shape]
        sizes[axis : axis + 1] = [shape[axis] // units, units]
        if sizes.count(-1) > 1:
            raise ValueError("only one axis may have an unknown size")
        return ops.max(ops.reshape(x, sizes), axis=axis)

    return Composition(as_model(blueprint, body))
