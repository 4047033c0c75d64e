"""LayerScale of ConvNeXt, x * gamma: an EinsumDense whose kernel has one number for each channel."""

from __future__ import annotations

from importer.decompositions.layers import Blueprint, Composition, WeightTarget


def compose(blueprint: Blueprint) -> Composition:
    """One layer; its equation names every axis, because Keras 3 infers a wrong shape from an ellipsis."""
    from keras import initializers, layers

    shape = blueprint.like.shape
    if blueprint.config["projection_dim"] != shape[-1]:
        raise ValueError("projection_dim is not the number of channels")
    axes = "abcdefgh"[: len(shape)]
    layer = layers.EinsumDense(
        f"{axes},{axes[-1]}->{axes}",
        shape[1:],
        kernel_initializer=initializers.Constant(blueprint.config["init_values"]),
        name=blueprint.name,
        dtype=blueprint.dtype,
    )
    return Composition(layer, {"gamma": WeightTarget(layer, "kernel")})
