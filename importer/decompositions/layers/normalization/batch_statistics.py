"""BatchNormalization called with `training=True`: it normalizes by its own batch whenever the model runs.

Keras 3 overrides that at inference. No call reads the moving statistics; they are kept in a frozen BatchNormalization
that is called on no samples.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from importer.decompositions.layers import Blueprint, Composition, WeightTarget, as_model
from importer.decompositions.layers.normalization.half_normalization import parameter
from importer.masks import mask_of

NOTE = "written out, because of training=True in its call: it normalises by the mean and variance of each batch"
_MOVING = ("moving_mean", "moving_variance")
_NO_KEYS = frozenset({"in_calls", "renorm", "renorm_clipping", "renorm_momentum", "synchronized"})
# The least epsilon of TensorFlow's kernel for images and volumes.
_LEAST = 1.001e-5


def compose(blueprint: Blueprint) -> Composition:
    """Moments of the batch along one axis, then gamma and beta."""
    config, rank = blueprint.config, len(blueprint.like.shape)
    if not isinstance(config["axis"], int) or config.get("renorm") or mask_of(blueprint.like) is not None:
        raise ValueError(
            "training=True in the call is not supported along several axes, with renorm, or on a masked tensor"
        )
    axis = config["axis"] % rank
    affine = {name: key for name, key in (("gamma", "scale"), ("beta", "center")) if config[key]}
    parameters = {name: parameter(blueprint, name, (axis,)) for name in affine}
    with_statistics = _keeper(blueprint, axis)
    free = [number for number in range(1, rank) if number != axis]
    model = as_model(blueprint, lambda x: with_statistics(_normalized(x, axis, config["epsilon"], parameters)), free)
    weights = {name: WeightTarget(layer, "kernel") for name, layer in parameters.items()}
    return Composition(model, weights | {name: WeightTarget(with_statistics.layer, name) for name in _MOVING}, NOTE)


def _normalized(x: Any, axis: int, epsilon: float, parameters: Mapping[str, Any]) -> Any:
    """Normalized in float32, as Keras 2 does for float16; images and volumes with the least epsilon of the kernel."""
    from keras import ops

    wide = ops.cast(x, "float32") if x.dtype in {"float16", "bfloat16"} else x
    others = tuple(number for number in range(len(x.shape)) if number != axis)
    mean = ops.mean(wide, axis=others, keepdims=True)
    variance = ops.mean(ops.square(ops.subtract(wide, mean)), axis=others, keepdims=True)
    least = _LEAST if len(x.shape) in {4, 5} else 0.0
    affine = {name: ops.cast(layer(_one_row(wide, axis)), wide.dtype) for name, layer in parameters.items()}
    factor = ops.rsqrt(ops.add(variance, max(epsilon, least)))
    factor = ops.multiply(factor, affine["gamma"]) if "gamma" in affine else factor
    scaled = ops.multiply(ops.subtract(wide, mean), factor)
    return ops.cast(ops.add(scaled, affine["beta"]) if "beta" in affine else scaled, x.dtype)


def _one_row(x: Any, axis: int) -> Any:
    """A one for each place along an axis, even of no samples."""
    from keras import ops

    others = tuple(number for number in range(len(x.shape)) if number != axis)
    return ops.ones_like(ops.sum(x, axis=others, keepdims=True))


def _keeper(blueprint: Blueprint, axis: int) -> Any:
    """A function that returns its input and whose layer holds the moving mean and variance."""
    import keras

    config = {key: value for key, value in blueprint.config.items() if key not in _NO_KEYS}
    config |= {"axis": axis, "center": False, "scale": False}
    layer = keras.layers.BatchNormalization(name=f"{blueprint.name}_statistics", dtype=blueprint.dtype, **config)
    layer.trainable = False

    def kept(y: Any) -> Any:
        none = keras.ops.take(y, np.zeros(0, "int32"), axis=0)
        return keras.ops.concatenate([y, layer(none)], axis=0)

    kept.layer = layer  # type: ignore[attr-defined]
    return kept
