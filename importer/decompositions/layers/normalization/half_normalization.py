"""Normalization in half precision: Keras 2 rounds mean, variance and factor to float16, Keras 3 keeps float32.

For values far from zero, x * factor and mean * factor are large and nearly equal: rounding dominates the difference.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Sequence
from typing import Any

from importer.decompositions.calls.half_mean import OF_BFLOAT16
from importer.decompositions.layers import Blueprint, Composition, WeightTarget, as_model
from translation.operators.nn.normalization import scaled

NOTE = "written out, because Keras 2 rounds its mean, variance and factor to float16, and Keras 3 keeps them in float32"
Statistics = Callable[[Any, float], tuple[Any, Any]]
"""From a tensor and epsilon to what is taken off it and what it is multiplied by."""

_NAMES = {"gamma": "scale", "beta": "center"}


def compose(blueprint: Blueprint) -> Composition:
    """GroupNormalization: Keras 3's own layer, unless it computes in float16."""
    import keras

    config, rank = blueprint.config, len(blueprint.like.shape)
    if blueprint.compute_dtype != "float16":
        layer = keras.layers.GroupNormalization(name=blueprint.name, dtype=blueprint.dtype, **config)
        note = OF_BFLOAT16 if blueprint.compute_dtype == "bfloat16" else None
        return Composition(layer, {name: WeightTarget(layer, name) for name in _NAMES if config[_NAMES[name]]}, note)
    axis = config["axis"] % rank
    groups = blueprint.like.shape[axis] if config["groups"] == -1 else config["groups"]
    return written_out(blueprint, (axis,), lambda x, epsilon: _of_groups(x, axis, groups, epsilon))


def written_out(blueprint: Blueprint, axes: Sequence[int], statistics: Statistics) -> Composition:
    """The formula of `tf.nn.batch_normalization`, with gamma and beta along `axes`."""
    from keras import ops

    parameters = {name: parameter(blueprint, name, axes) for name in _NAMES if blueprint.config[_NAMES[name]]}

    def body(x: Any) -> Any:
        affine = {name: layer(_ones(x, axes)) for name, layer in parameters.items()}
        return scaled(ops, x, *statistics(x, blueprint.config["epsilon"]), **affine)

    model = as_model(blueprint, body, free=[axis for axis in range(1, len(blueprint.like.shape)) if axis not in axes])
    return Composition(model, {name: WeightTarget(layer, "kernel") for name, layer in parameters.items()}, NOTE)


def of_samples(x: Any, axes: Sequence[int], epsilon: float) -> tuple[Any, Any]:
    """Mean and factor: the moments are computed in float32 and given in float16, as by `tf.nn.moments`."""
    from keras import ops

    wide = ops.cast(x, "float32")
    mean = ops.mean(wide, axis=tuple(axes), keepdims=True)
    variance = ops.mean(ops.square(ops.subtract(wide, mean)), axis=tuple(axes), keepdims=True)
    return ops.cast(mean, x.dtype), _factor(ops.cast(variance, x.dtype), epsilon)


def _of_groups(x: Any, axis: int, groups: int, epsilon: float) -> tuple[Any, Any]:
    """The same for each group of channels along an axis."""
    from keras import ops

    wide = ops.cast(x, "float32")
    others = tuple(number for number in range(1, len(x.shape)) if number != axis)
    size = x.shape[axis] // groups

    def total(values: Any) -> Any:
        channels = ops.sum(values, axis=others, keepdims=True) if others else values
        return ops.sum(ops.reshape(channels, (-1, groups, size)), axis=-1)

    def spread(values: Any) -> Any:
        one_each = ops.repeat(values, size, axis=-1)
        return ops.reshape(
            one_each, (-1, *(x.shape[axis] if number == axis else 1 for number in range(1, len(x.shape))))
        )

    count = total(ops.ones_like(wide))
    mean = ops.divide(total(wide), count)
    variance = ops.divide(total(ops.square(ops.subtract(wide, spread(mean)))), count)
    # Before spreading it: how TensorFlow rounds roots in float16 depends on how many there are.
    factor = _factor(ops.cast(variance, x.dtype), epsilon)
    return spread(ops.cast(mean, x.dtype)), spread(factor)


def _factor(variance: Any, epsilon: float) -> Any:
    from keras import ops

    return ops.rsqrt(ops.add(variance, epsilon))


def _ones(x: Any, axes: Sequence[int]) -> Any:
    """A one for each sample and each place along these axes."""
    from keras import ops

    others = tuple(axis for axis in range(1, len(x.shape)) if axis not in axes)
    return ops.ones_like(ops.sum(x, axis=others, keepdims=True) if others else x)


def parameter(blueprint: Blueprint, name: str, axes: Sequence[int]) -> Any:
    """A layer that returns its weight, in the old shape, if it is called on ones."""
    import keras

    letters = string.ascii_lowercase[: len(blueprint.like.shape)]
    sizes = [blueprint.like.shape[axis] if axis in axes else 1 for axis in range(1, len(letters))]
    return keras.layers.EinsumDense(
        f"{letters},{''.join(letters[axis] for axis in axes)}->{letters}",
        output_shape=sizes,
        name=f"{blueprint.name}_{name}",
        dtype=blueprint.dtype,
        **{
            f"kernel_{part}": blueprint.config[f"{name}_{part}"]
            for part in ("initializer", "regularizer", "constraint")
        },
    )
