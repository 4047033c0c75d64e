"""Crossentropies and other losses of each sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from translation.keras3_to_2.operations.dtypes import cast, dtype_of, is_tensor, strongly
from translation.keras3_to_2.operations.operation import named, rank
from translation.operators.operator import example, tensor

_EPSILON = 1e-7


def _probabilities(tf: Any, output: Any) -> Any:
    return tf.clip_by_value(output, _EPSILON, 1.0 - _EPSILON)


def _binary(tf: Any, target: Any, output: Any, *, from_logits: bool = False) -> Any:
    if from_logits:
        return tf.nn.sigmoid_cross_entropy_with_logits(labels=target, logits=output)
    share = _probabilities(tf, output)
    there = tf.multiply(target, tf.math.log(share))
    other = tf.multiply(tf.add(tf.negative(target), 1.0), tf.math.log(tf.add(tf.negative(share), 1.0)))
    return tf.negative(tf.add(there, other))


def _categorical(tf: Any, target: Any, output: Any, *, from_logits: bool = False, axis: int = -1) -> Any:
    if from_logits:
        return tf.negative(tf.reduce_sum(tf.multiply(target, tf.nn.log_softmax(output, axis=axis)), axis=axis))
    share = tf.divide(output, tf.reduce_sum(output, axis=axis, keepdims=True))
    return tf.negative(tf.reduce_sum(tf.multiply(target, tf.math.log(_probabilities(tf, share))), axis=axis))


def _sparse_categorical(tf: Any, target: Any, output: Any, *, from_logits: bool = False) -> Any:
    target = cast(tf, target, "int64")
    target = tf.squeeze(target, axis=[-1]) if rank(target) == rank(output) and target.shape[-1] == 1 else target
    logits = output if from_logits else tf.math.log(_probabilities(tf, output))
    chosen = tf.one_hot(target, logits.shape[-1], dtype=dtype_of(logits))
    return tf.negative(tf.reduce_sum(tf.multiply(chosen, tf.nn.log_softmax(logits, axis=-1)), axis=-1))


def _tensors_of_floats(arguments: Mapping[str, Any]) -> str | None:
    if not all(is_tensor(arguments[key]) for key in ("target", "output")):
        return "target and output must be tensors"
    axis = arguments.get("axis", -1)
    return "Keras 3 computes it along the last axis alone" if "axis" in arguments and axis is None else None


def _peak_ratio(tf: Any, x1: Any, x2: Any, *, max_val: float) -> Any:
    x1, x2 = strongly(tf, x1, x2)
    error = tf.reduce_mean(tf.square(tf.subtract(x1, x2)))
    decibels = lambda value: tf.divide(tf.math.log(value), 2.302585092994046)  # noqa: E731
    peak = tf.multiply(tf.ones_like(error), float(max_val))
    return tf.subtract(tf.multiply(decibels(peak), 20.0), tf.multiply(decibels(error), 10.0))


_SHARES = tensor(3, domain="share")
OPERATIONS = (
    named(
        "BinaryCrossentropy",
        _binary,
        example(_SHARES, _SHARES),
        example(_SHARES, tensor(3), from_logits=True),
        refuse=_tensors_of_floats,
    ),
    named(
        "CategoricalCrossentropy",
        _categorical,
        example(_SHARES, _SHARES),
        example(_SHARES, tensor(3), from_logits=True),
        refuse=_tensors_of_floats,
    ),
    named(
        "SparseCategoricalCrossentropy",
        _sparse_categorical,
        example(tensor(2, dtype="int32", domain="label"), tensor(2, 4, domain="share")),
        example(tensor(1, dtype="int32", domain="label"), tensor(4), from_logits=True),
        ignored="axis",
        refuse=_tensors_of_floats,
    ),
    named("PSNR", _peak_ratio, example(tensor(3), tensor(3), max_val=2.0)),
)
