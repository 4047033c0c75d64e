"""Activations that Keras 3 does not have, each as a small functional model that stands where a function stands.

A function of ours could not be saved without its code; a model can.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from translation.operators.nn.activations import hard_sigmoid


@dataclass(frozen=True)
class Activation:
    """An activation by its name in rules: `formula` takes `keras.ops` and a tensor, `about` says what it is."""

    name: str
    about: str
    formula: Callable[[Any, Any], Any]


def sparsemax(ops: Any, x: Any) -> Any:
    """What is above a threshold that makes the sum one: the largest of the thresholds that any number of them gives."""
    falling = ops.negative(ops.sort(ops.negative(x), axis=-1))
    counts = ops.cumsum(ops.ones_like(x), axis=-1)
    thresholds = ops.divide(ops.subtract(ops.cumsum(falling, axis=-1), 1.0), counts)
    return ops.relu(ops.subtract(x, ops.max(thresholds, axis=-1, keepdims=True)))


def _lisht(ops: Any, x: Any) -> Any:
    return ops.multiply(x, ops.tanh(x))


def _rrelu(ops: Any, x: Any) -> Any:
    return ops.leaky_relu(x, negative_slope=(1 / 8 + 1 / 3) / 2)


def _snake(ops: Any, x: Any) -> Any:
    waves = ops.subtract(1.0, ops.cos(ops.multiply(2.0, x)))
    return ops.add(x, ops.divide(waves, 2.0))


def _tanh_gelu(ops: Any, x: Any) -> Any:
    return ops.gelu(x, approximate=True)


_LISTED = (
    Activation("hard_sigmoid", "`hard_sigmoid` of Keras 2, clip(0.2 x + 0.5, 0, 1).", hard_sigmoid),
    Activation("lisht", "`lisht` of TensorFlow Addons, x tanh(x).", _lisht),
    Activation("rrelu", "`rrelu` of TensorFlow Addons, at inference with the mean of its slopes.", _rrelu),
    Activation("snake", "`snake` of TensorFlow Addons, x + (1 - cos(2 x)) / 2.", _snake),
    Activation("sparsemax", "`sparsemax` of TensorFlow Addons, the projection onto the simplex.", sparsemax),
    Activation("tanh_gelu", "`gelu` of TensorFlow Addons, which is the approximation by tanh.", _tanh_gelu),
)
ACTIVATIONS = {each.name: each for each in _LISTED}


def activation(name: str, rank: int, dtype: str) -> Any:
    """The Keras 3 model that stands for the activation `name`, for tensors of `rank` axes."""
    import keras

    x = keras.Input(batch_shape=(None,) * rank, dtype=dtype)
    return keras.Model(x, ACTIVATIONS[name].formula(keras.ops, x), name=name)
