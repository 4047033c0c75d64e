"""FilterResponseNormalization of TensorFlow Addons: division by the root mean square, then an affine map."""

from __future__ import annotations

from typing import Any

from importer.decompositions.layers import Blueprint, Composition, WeightTarget, as_model
from translation.weight_transforms import RESHAPED


def compose(blueprint: Blueprint) -> Composition:
    """Operations, and an EinsumDense with a number and a bias for each channel."""
    from keras import layers, ops

    config, shape = blueprint.config, blueprint.like.shape
    affine = layers.EinsumDense(
        "abcd,d->abcd",
        shape[1:],
        bias_axes="d",
        kernel_initializer=config["gamma_initializer"],
        bias_initializer=config["beta_initializer"],
        kernel_regularizer=config["gamma_regularizer"],
        bias_regularizer=config["beta_regularizer"],
        dtype=blueprint.dtype,
        name="affine",
    )

    def body(x: Any) -> Any:
        squares = ops.mean(ops.square(x), axis=tuple(config["axis"]), keepdims=True)
        return affine(ops.multiply(x, ops.rsqrt(ops.add(squares, abs(config["epsilon"])))))

    model = as_model(blueprint, body)
    weights = {"gamma": WeightTarget(affine, "kernel", RESHAPED), "beta": WeightTarget(affine, "bias", RESHAPED)}
    return Composition(model, weights)
