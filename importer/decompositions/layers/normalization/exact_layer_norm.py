"""LayerNormalization of raw inputs: Keras 2 subtracts the mean before it scales, Keras 3 scales first.

`x * inv - mean * inv` loses the digits that a large mean takes. Inside a network means are small and nothing is
lost; a model's own input may be 1000 with a spread of a thousandth, and there the outputs differ in the third digit.
"""

from __future__ import annotations

import functools
import string
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from importer.decompositions.layers import Blueprint, Composition, WeightTarget, as_model
from importer.decompositions.layers.normalization import half_normalization
from translation.weight_transforms import RESHAPED, Recast

# For smaller epsilons Keras 2 does not use its fused kernel and computes like Keras 3.
_FUSED_EPSILON = 1.001e-5


def compose(blueprint: Blueprint) -> Composition:
    """The layer itself, or on a raw input its formula, with gamma and beta in an EinsumDense."""
    import keras

    config, like = blueprint.config, blueprint.like
    unsorted = _axes(config["axis"], len(like.shape))
    axes = tuple(sorted(unsorted))
    # Whatever the order of the axes, Keras 2 reads its weights as if it was this one.
    recast = None if unsorted == axes else RESHAPED
    if _rounds(blueprint) and not blueprint.given:
        moments = functools.partial(half_normalization.of_samples, axes=axes)
        composition = half_normalization.written_out(blueprint, axes, lambda x, epsilon: moments(x, epsilon=epsilon))
    elif not blueprint.given and _is_exact(blueprint, axes):
        composition = _written_out(blueprint, axes)
    elif not (blueprint.given or _are_last(axes, len(like.shape))):
        composition = _turned(blueprint, axes)
    else:
        config = config if recast is None else {**config, "axis": list(axes)}
        layer = keras.layers.LayerNormalization(name=blueprint.name, dtype=blueprint.dtype, **config)
        composition = Composition(layer, {name: WeightTarget(layer, name) for name in _variables(config)})
    return replace(composition, weights={name: _recast(weight, recast) for name, weight in composition.weights.items()})


def _recast(weight: WeightTarget, recast: Recast | None) -> WeightTarget:
    return replace(weight, recast=recast)


def _rounds(blueprint: Blueprint) -> bool:
    """Whether its variables are float16: with float32 variables Keras 2 computes in float32."""
    import keras

    return str(keras.DTypePolicy(blueprint.dtype or keras.config.floatx()).variable_dtype) == "float16"


def _is_exact(blueprint: Blueprint, axes: tuple[int, ...]) -> bool:
    """Whether the order of Keras 2's computation changes the result visibly."""
    affine = blueprint.config["center"] and blueprint.config["scale"]
    return bool(affine) and _is_raw(blueprint.like) and _is_fused(blueprint, axes)


def _written_out(blueprint: Blueprint, axes: tuple[int, ...]) -> Composition:
    config = blueprint.config
    affine = _affine(config, blueprint.like.shape, axes)
    model = as_model(blueprint, lambda x: affine(_normalized(x, axes, config["epsilon"])))
    note = "written out, because its input may have a large mean: Keras 3 scales before it subtracts the mean"
    return Composition(model, {"gamma": WeightTarget(affine, "kernel"), "beta": WeightTarget(affine, "bias")}, note)


def _axes(axis: Any, rank: int) -> tuple[int, ...]:
    numbers = axis if isinstance(axis, Sequence) else [axis]
    return tuple(number % rank for number in numbers)


def _is_raw(tensor: Any) -> bool:
    import keras

    history = getattr(tensor, "_keras_history", None)
    return history is not None and isinstance(history.operation, keras.layers.InputLayer)


def _is_fused(blueprint: Blueprint, axes: tuple[int, ...]) -> bool:
    """Whether Keras 2.15 uses `fused_batch_norm`: see `_fused_can_be_used` in its layer_normalization.py."""
    return (
        _are_last(axes, len(blueprint.like.shape))
        and blueprint.config["epsilon"] >= _FUSED_EPSILON
        and blueprint.compute_dtype == "float32"
    )


def _are_last(axes: tuple[int, ...], rank: int) -> bool:
    return axes == tuple(range(rank - len(axes), rank))


def _turned(blueprint: Blueprint, axes: tuple[int, ...]) -> Composition:
    """The layer between two transposes, because under PyTorch Keras 3 only normalizes the last axes."""
    import keras

    rank = len(blueprint.like.shape)
    order = (*(axis for axis in range(rank) if axis not in axes), *axes)
    config = {**blueprint.config, "axis": list(range(rank - len(axes), rank))}
    layer = keras.layers.LayerNormalization(dtype=blueprint.dtype, **config)

    def body(x: Any) -> Any:
        back = [order.index(axis) for axis in range(rank)]
        return keras.ops.transpose(layer(keras.ops.transpose(x, order)), back)

    note = "its axes are moved to the end, the only ones that Keras 3 normalizes along under PyTorch"
    model = as_model(blueprint, body, free=[axis for axis in range(1, rank) if axis not in axes])
    return Composition(model, {name: WeightTarget(layer, name) for name in _variables(config)}, note)


def _variables(config: Any) -> list[str]:
    return [name for name, key in (("gamma", "scale"), ("beta", "center")) if config[key]]


def _normalized(x: Any, axes: tuple[int, ...], epsilon: float) -> Any:
    """Normalized over axes moved to the front, where TensorFlow sums in the order of its fused kernel."""
    from keras import ops

    rest = [axis for axis in range(len(x.shape)) if axis not in axes]
    front = ops.transpose(x, (*axes, *rest))
    count = tuple(range(len(axes)))
    centered = ops.subtract(front, ops.mean(front, axis=count, keepdims=True))
    variance = ops.mean(ops.square(centered), axis=count, keepdims=True)
    scaled = ops.multiply(centered, ops.rsqrt(ops.add(variance, epsilon)))
    return ops.transpose(scaled, (*range(len(axes), len(x.shape)), *count))


def _affine(config: Any, shape: Sequence[int | None], axes: tuple[int, ...]) -> Any:
    """`x * gamma + beta` as a layer with these two variables."""
    import keras

    letters = string.ascii_lowercase[: len(shape)]
    normed = "".join(letters[axis] for axis in axes)
    return keras.layers.EinsumDense(
        f"{letters},{normed}->{letters}",
        output_shape=tuple(shape[1:]),
        bias_axes=normed,
        **{
            f"{new}_{part}": config[f"{old}_{part}"]
            for new, old in (("kernel", "gamma"), ("bias", "beta"))
            for part in ("initializer", "regularizer", "constraint")
        },
    )
