"""Dropout and noise called with `training=True`, as Monte Carlo dropout is: they draw whenever the model runs."""

from __future__ import annotations

import math
from typing import Any

from importer.decompositions.layers import Blueprint, Composition, as_model
from translation.operators.dtypes import cast
from translation.operators.random.noise_source import DRAWN, NoiseSource
from translation.operators.random.sampling import dropped, normal
from translation.operators.tensor_shapes import shape_of

# The value of dropped numbers in SELU, which keeps mean and variance.
_DROPPED = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946
NOTE = "written out, because of training=True in its call: Keras 3 ignores it at inference, and would draw nothing"


def compose(blueprint: Blueprint) -> Composition:
    """A small model that draws random numbers, under the layer's own name."""
    name = str(blueprint.config["in_calls"])
    free = () if name == "TimeDistributed" else range(1, len(blueprint.like.shape))
    model = as_model(blueprint, lambda x: _BUILD[name](NoiseSource("", x), x, blueprint.config), free)
    return Composition(model, note=NOTE, draws=DRAWN)


def _each_step(source: NoiseSource, x: Any, config: Any) -> Any:
    """TimeDistributed: all steps of all samples at once, as Keras 2 does where the number of samples is not known."""
    from keras import ops

    inner = config["layer"]
    if None in x.shape[1:]:
        raise ValueError(f"training=True in the call needs steps of known number and shape, not {x.shape}")
    flat = ops.reshape(x, (-1, *x.shape[2:]))
    drawn = _BUILD[type(inner).__name__](NoiseSource("layer", source.near, source.models), flat, inner.get_config())
    return ops.reshape(drawn, (-1, *x.shape[1:]))


def _dropout(source: NoiseSource, x: Any, config: Any) -> Any:
    return dropped(source, x, config["rate"], config.get("noise_shape"))


def _of_channels(source: NoiseSource, x: Any, config: Any) -> Any:
    """Whole channels, the same along all axes between samples and channels."""
    rank, own = len(x.shape), shape_of(x)
    channel = 1 if config.get("data_format") == "channels_first" else rank - 1
    return dropped(source, x, config["rate"], [own[axis] if axis in {0, channel} else 1 for axis in range(rank)])


def _added(source: NoiseSource, x: Any, config: Any) -> Any:
    from keras import ops

    return ops.add(x, normal(source, shape_of(x), 0.0, config["stddev"], str(x.dtype)))


def _multiplied(source: NoiseSource, x: Any, config: Any) -> Any:
    from keras import ops

    stddev = math.sqrt(config["rate"] / (1.0 - config["rate"]))
    return ops.multiply(x, normal(source, shape_of(x), 1.0, stddev, str(x.dtype)))


def _alpha(source: NoiseSource, x: Any, config: Any) -> Any:
    from keras import ops

    rate, own = config["rate"], shape_of(x)
    noise_shape = [size if fixed is None else fixed for fixed, size in zip(config.get("noise_shape") or own, own)]
    keep = cast(ops, ops.greater_equal(source.uniform(noise_shape), rate), str(x.dtype))
    scale = ((1 - rate) * (1 + rate * _DROPPED**2)) ** -0.5
    moved = ops.add(ops.multiply(x, keep), ops.multiply(ops.subtract(1.0, keep), _DROPPED))
    return ops.add(ops.multiply(moved, scale), -scale * _DROPPED * rate)


_BUILD = {
    "Dropout": _dropout,
    "AlphaDropout": _alpha,
    "GaussianDropout": _multiplied,
    "GaussianNoise": _added,
    "TimeDistributed": _each_step,
    **dict.fromkeys(("SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"), _of_channels),
}
