"""LocallyConnected1D and 2D: a convolution with its own weights at each position, as patches and an EinsumDense."""

from __future__ import annotations

from typing import Any

from importer.decompositions.layers import Blueprint, Composition, WeightTarget, as_model
from translation.locally_connected_kernels import Geometry, bias_recast, kernel_recast

_EINSUM = (
    "kernel_initializer bias_initializer kernel_regularizer bias_regularizer activity_regularizer "
    "kernel_constraint bias_constraint activation"
)


def compose(blueprint: Blueprint) -> Composition:
    """One EinsumDense on the patches; every implementation ends in a kernel of (positions..., patch, filters)."""
    config = blueprint.config
    geometry = Geometry.of(config, tuple(blueprint.like.shape))
    dense = _dense(blueprint, geometry)
    weights = {"kernel": WeightTarget(dense, "kernel", kernel_recast(geometry, config["implementation"]))}
    if config["use_bias"]:
        weights["bias"] = WeightTarget(dense, "bias", bias_recast(geometry))
    return Composition(as_model(blueprint, lambda x: _body(x, geometry, dense)), weights)


def _dense(blueprint: Blueprint, geometry: Geometry) -> Any:
    import keras

    config = blueprint.config
    axes = "hw"[: len(geometry.kernel)]
    return keras.layers.EinsumDense(
        f"b{axes}p,{axes}pf->b{axes}f",
        (*geometry.positions, geometry.filters),
        bias_axes=f"{axes}f" if config["use_bias"] else None,
        name=f"{blueprint.name}_positions",
        dtype=blueprint.dtype,
        **{key: config[key] for key in _EINSUM.split() if key in config},
    )


def _body(x: Any, geometry: Geometry, dense: Any) -> Any:
    from keras import ops

    rank = len(geometry.kernel)
    if geometry.channels_first:
        x = ops.transpose(x, (0, *range(2, rank + 2), 1))
    if geometry.same:
        x = ops.pad(x, ((0, 0), *geometry.padding, (0, 0)))
    y = dense(_patches(x, geometry))
    return ops.transpose(y, (0, rank + 1, *range(1, rank + 1))) if geometry.channels_first else y


def _patches(x: Any, geometry: Geometry) -> Any:
    """Windows as (batch, positions..., patch); a sequence is treated as an image of width 1."""
    from keras import ops

    flat = len(geometry.kernel) == 1
    size, strides = (*geometry.kernel, 1)[:2], (*geometry.strides, 1)[:2]
    image = ops.expand_dims(x, 2) if flat else x
    patches = ops.image.extract_patches(image, size, strides, padding="valid", data_format="channels_last")
    return ops.squeeze(patches, 2) if flat else patches
