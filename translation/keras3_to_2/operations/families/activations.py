"""Activation functions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from translation.keras3_to_2.operations.dtypes import dtype_of, is_whole
from translation.keras3_to_2.operations.operation import FLOATS, Operation, found, named
from translation.operators.operator import example, tensor


def _same(name: str, function: str, dtypes: str = FLOATS) -> Operation:
    return named(name, lambda tf, x: found(tf, function)(x), example(tensor(3)), example(tensor(2, 4)), dtypes=dtypes)


def _general_relu(
    tf: Any, x: Any, *, negative_slope: float = 0.0, max_value: float | None = None, threshold: float = 0.0
) -> Any:
    """The activation of `keras.activations.relu` with its arguments."""
    if negative_slope != 0.0:
        if max_value is None and threshold == 0:
            return tf.nn.leaky_relu(x, alpha=negative_slope)
        negative = tf.nn.relu(tf.add(tf.negative(x), threshold) if threshold != 0 else tf.negative(x))
    capped = max_value is not None
    if threshold != 0:
        x = tf.where(tf.greater(x, threshold), x, tf.zeros_like(x))
    elif max_value == 6:
        x, capped = tf.nn.relu6(x), False
    else:
        x = tf.nn.relu(x)
    x = tf.clip_by_value(x, 0.0, float(max_value or 0.0)) if capped else x
    return x if negative_slope == 0.0 else tf.subtract(x, tf.multiply(negative, negative_slope))


def _leaky(tf: Any, x: Any, *, negative_slope: float = 0.2) -> Any:
    return tf.nn.leaky_relu(x, alpha=negative_slope)


def _elu(tf: Any, x: Any, *, alpha: float = 1.0) -> Any:
    found = tf.nn.elu(x)
    return found if alpha == 1 else tf.where(tf.greater(x, 0.0), found, tf.multiply(found, alpha))


def _celu(tf: Any, x: Any, *, alpha: float = 1.0) -> Any:
    below = tf.math.expm1(tf.divide(tf.minimum(x, 0.0), alpha))
    return tf.add(tf.maximum(x, 0.0), tf.multiply(below, alpha))


def _gelu(tf: Any, x: Any, *, approximate: bool = True) -> Any:
    return tf.nn.gelu(x, approximate=approximate)


def _hard_sigmoid(tf: Any, x: Any) -> Any:
    return tf.divide(tf.nn.relu6(tf.add(x, 3.0)), 6.0)


def _sparse_sigmoid(tf: Any, x: Any) -> Any:
    between = tf.multiply(tf.add(x, 1.0), 0.5)
    return tf.where(
        tf.less_equal(x, -1.0), tf.zeros_like(x), tf.where(tf.greater_equal(x, 1.0), tf.ones_like(x), between)
    )


def _sparse_plus(tf: Any, x: Any) -> Any:
    between = tf.multiply(tf.pow(tf.add(x, 1.0), 2.0), 0.25)
    return tf.where(tf.less_equal(x, -1.0), tf.zeros_like(x), tf.where(tf.less(x, 1.0), between, x))


def _square_plus(tf: Any, x: Any, *, b: float = 4) -> Any:
    return tf.divide(tf.add(x, tf.sqrt(tf.add(tf.square(x), float(b)))), 2.0)


def _glu(tf: Any, x: Any, *, axis: int = -1) -> Any:
    first, second = tf.split(x, 2, axis=axis)
    return tf.multiply(first, tf.sigmoid(second))


def _soft_shrink(tf: Any, x: Any, *, threshold: float = 0.5) -> Any:
    below = tf.where(tf.less(x, -threshold), tf.add(x, threshold), tf.zeros_like(x))
    return tf.where(tf.greater(x, threshold), tf.subtract(x, threshold), below)


def _hard_shrink(tf: Any, x: Any, *, threshold: float = 0.5) -> Any:
    return tf.where(tf.greater(tf.abs(x), threshold), x, tf.zeros_like(x))


def _threshold(tf: Any, x: Any, *, threshold: float, default_value: float) -> Any:
    return tf.where(tf.greater(x, threshold), x, tf.multiply(tf.ones_like(x), default_value))


def _along(function: str) -> Any:
    """A function along an axis, or of all elements."""

    def build(tf: Any, x: Any, *, axis: Any = -1) -> Any:
        if axis is None:
            return tf.reshape(found(tf, function)(tf.reshape(x, [-1]), axis=-1), tf.shape(x))
        return found(tf, function)(x, axis=axis)

    return build


def _sparsemax(tf: Any, x: Any, *, axis: int = -1) -> Any:
    ordered = tf.sort(x, axis=axis, direction="DESCENDING")
    total = tf.cumsum(ordered, axis=axis)
    place = tf.cumsum(tf.ones_like(x), axis=axis)
    support = tf.greater(tf.subtract(ordered, tf.divide(tf.subtract(total, 1.0), place)), 0.0)
    count = tf.reduce_sum(tf.cast(support, dtype_of(x)), axis=axis, keepdims=True)
    sums = tf.reduce_sum(tf.where(support, total, tf.zeros_like(x)), axis=axis, keepdims=True)
    return tf.maximum(tf.subtract(x, tf.divide(tf.subtract(sums, 1.0), count)), 0.0)


def _mish(tf: Any, x: Any) -> Any:
    return tf.multiply(x, tf.tanh(tf.math.softplus(x)))


def _unlike(arguments: Mapping[str, Any]) -> str | None:
    if is_whole(arguments["x"]):
        return "it is not defined of whole numbers"
    return "Keras 3 computes it along one axis alone" if isinstance(arguments["axis"], list) else None


_AXES = (example(tensor(2, 3)), example(tensor(2, 3), axis=1), example(tensor(2, 3), axis=None))
OPERATIONS = (
    _same("Relu", "nn.relu", "float32 float16 int32"),
    _same("Relu6", "nn.relu6"),
    named(
        "ReLU",
        _general_relu,
        example(tensor(4), negative_slope=0.1),
        example(tensor(4), max_value=1.0, threshold=0.5),
        example(tensor(4), negative_slope=0.1, max_value=1.0),
        example(tensor(4), negative_slope=0.1, threshold=0.5),
        example(tensor(4), max_value=6),
        example(tensor(4), max_value=2.0),
        dtypes=FLOATS,
    ),
    _same("Sigmoid", "sigmoid"),
    named("SparseSigmoid", _sparse_sigmoid, example(tensor(4))),
    _same("Softplus", "math.softplus"),
    _same("Softsign", "nn.softsign"),
    named("SoftShrink", _soft_shrink, example(tensor(4)), example(tensor(4), threshold=1.0)),
    named("SparsePlus", _sparse_plus, example(tensor(4))),
    _same("Silu", "nn.silu"),
    named("Squareplus", _square_plus, example(tensor(4)), example(tensor(4), b=2)),
    _same("LogSigmoid", "math.log_sigmoid"),
    named("LeakyRelu", _leaky, example(tensor(4)), example(tensor(4), negative_slope=0.3)),
    named("HardSigmoid", _hard_sigmoid, example(tensor(4)), dtypes=FLOATS),
    named("HardSilu", lambda tf, x: tf.multiply(x, _hard_sigmoid(tf, x)), example(tensor(4)), dtypes=FLOATS),
    named("Elu", _elu, example(tensor(4)), example(tensor(4), alpha=0.5), dtypes=FLOATS),
    _same("Selu", "nn.selu"),
    named("Gelu", _gelu, example(tensor(4)), example(tensor(4), approximate=False), dtypes=FLOATS),
    named("Celu", _celu, example(tensor(4)), example(tensor(4), alpha=0.5)),
    named("Glu", _glu, example(tensor(4)), example(tensor(4, 3), axis=1)),
    named("TanhShrink", lambda tf, x: tf.subtract(x, tf.tanh(x)), example(tensor(4))),
    named("HardTanh", lambda tf, x: tf.clip_by_value(x, -1.0, 1.0), example(tensor(4))),
    named("HardShrink", _hard_shrink, example(tensor(4)), example(tensor(4), threshold=1.0)),
    named("Threshold", _threshold, example(tensor(4), threshold=0.5, default_value=-1.0)),
    named("Softmax", _along("nn.softmax"), *_AXES, dtypes=FLOATS, refuse=_unlike),
    named("LogSoftmax", _along("nn.log_softmax"), *_AXES, dtypes=FLOATS, refuse=_unlike),
    named("Sparsemax", _sparsemax, example(tensor(4)), example(tensor(4, 2), axis=1)),
    named("Mish", _mish, example(tensor(4)), dtypes=FLOATS),
)
