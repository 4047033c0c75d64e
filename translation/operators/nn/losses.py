"""Losses, which are plain functions of two tensors."""

from __future__ import annotations

import math
from typing import Any

from translation.operators.linalg.norms import l2_normalize
from translation.operators.math.reductions import mean
from translation.operators.operator import FLOATS, Example, Operator, defined_in, example, named, tensor

EPSILON = 1e-7  # keras.backend.epsilon()


def _mean_of(difference: Any) -> Any:
    """A loss that is the mean of a function along the last axis."""

    def build(ops: Any, y_true: Any, y_pred: Any) -> Any:
        return mean(ops, difference(ops, ops.cast(y_true, y_pred.dtype), y_pred), -1)

    return build


def _absolute(ops: Any, y_true: Any, y_pred: Any) -> Any:
    return ops.abs(ops.subtract(y_pred, y_true))


def _squared(ops: Any, y_true: Any, y_pred: Any) -> Any:
    return ops.square(ops.subtract(y_pred, y_true))


def _percentage(ops: Any, y_true: Any, y_pred: Any) -> Any:
    shares = ops.divide(ops.subtract(y_true, y_pred), ops.maximum(ops.abs(y_true), EPSILON))
    return ops.multiply(ops.abs(shares), 100.0)


def _logarithmic(ops: Any, y_true: Any, y_pred: Any) -> Any:
    first, second = (ops.log(ops.add(ops.maximum(y, EPSILON), 1.0)) for y in (y_pred, y_true))
    return ops.square(ops.subtract(first, second))


def _log_cosh(ops: Any, y_true: Any, y_pred: Any) -> Any:
    x = ops.subtract(y_pred, y_true)
    return ops.subtract(ops.add(x, ops.softplus(ops.multiply(x, -2.0))), math.log(2.0))


def _poisson(ops: Any, y_true: Any, y_pred: Any) -> Any:
    return ops.subtract(y_pred, ops.multiply(y_true, ops.log(ops.add(y_pred, EPSILON))))


def _signs(ops: Any, y_true: Any) -> Any:
    """Labels as -1 and 1 if all of them are 0 or 1."""
    binary = ops.all(ops.logical_or(ops.equal(y_true, 0), ops.equal(y_true, 1)))
    return ops.where(binary, ops.subtract(ops.multiply(y_true, 2.0), 1.0), y_true)


def _hinge(ops: Any, y_true: Any, y_pred: Any) -> Any:
    return ops.maximum(ops.subtract(1.0, ops.multiply(_signs(ops, y_true), y_pred)), 0.0)


def _squared_hinge(ops: Any, y_true: Any, y_pred: Any) -> Any:
    return ops.square(_hinge(ops, y_true, y_pred))


def _categorical_hinge(ops: Any, y_true: Any, y_pred: Any) -> Any:
    y_true = ops.cast(y_true, y_pred.dtype)
    right = ops.sum(ops.multiply(y_true, y_pred), axis=-1)
    wrong = ops.max(ops.multiply(ops.subtract(1.0, y_true), y_pred), axis=-1)
    return ops.maximum(ops.add(ops.subtract(wrong, right), 1.0), 0.0)


def _huber(ops: Any, y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    error = ops.subtract(ops.cast(y_pred, "float32"), ops.cast(y_true, "float32"))
    size = ops.abs(error)
    near, far = ops.multiply(ops.square(error), 0.5), ops.subtract(ops.multiply(size, delta), 0.5 * delta**2)
    return ops.mean(ops.where(ops.less_equal(size, delta), near, far), axis=-1)


def _divergence(ops: Any, y_true: Any, y_pred: Any) -> Any:
    y_true, y_pred = (ops.clip(y, EPSILON, 1.0) for y in (ops.cast(y_true, y_pred.dtype), y_pred))
    return ops.sum(ops.multiply(y_true, ops.log(ops.divide(y_true, y_pred))), axis=-1)


def _cosine(ops: Any, y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    y_true, y_pred = (l2_normalize(ops, y, axis) for y in (ops.cast(y_true, y_pred.dtype), y_pred))
    return ops.negative(ops.sum(ops.multiply(y_true, y_pred), axis=axis))


def _log_poisson(ops: Any, targets: Any, log_input: Any, compute_full_loss: bool = False) -> Any:
    loss = ops.subtract(ops.exp(log_input), ops.multiply(log_input, targets))
    if not compute_full_loss:
        return loss
    # Stirling's approximation, omitted from 0 to 1 as in TensorFlow.
    root = ops.multiply(ops.log(ops.multiply(targets, 2 * math.pi)), 0.5)
    factorial = ops.add(ops.subtract(ops.multiply(targets, ops.log(targets)), targets), root)
    small = ops.logical_and(ops.greater_equal(targets, 0), ops.less_equal(targets, 1))
    return ops.add(loss, ops.where(small, ops.zeros_like(targets), factorial))


PAIRS = example(tensor(4), tensor(4)), example(tensor(2, 3), tensor(2, 3))
SHARED = (
    example(tensor(4, domain="share"), tensor(4, domain="share")),
    example(tensor(2, 3, domain="share"), tensor(2, 3, domain="share")),
)


# Losses that are not metrics.
_LOSSES_ALONE = frozenset({"categorical_hinge", "cosine_similarity", "huber"})


def keras_loss(names: str, build: Any, *examples: Example, dtypes: str = FLOATS) -> Operator:
    """A loss that is a metric as well, by most of its names."""
    spelled = " ".join(f"keras.losses.{name}" for name in names.split())
    metrics = " ".join(f"keras.metrics.{name}" for name in names.split() if name not in _LOSSES_ALONE)
    return named(f"{spelled} {metrics}", "y_true y_pred", build, *examples, dtypes=dtypes)


SOURCES = defined_in("ops/nn_impl", keras="losses")
OPERATORS = (
    keras_loss("mean_squared_error MSE mse", _mean_of(_squared), *PAIRS),
    keras_loss("mean_absolute_error MAE mae", _mean_of(_absolute), *PAIRS),
    keras_loss("mean_absolute_percentage_error MAPE mape", _mean_of(_percentage), *PAIRS),
    keras_loss("mean_squared_logarithmic_error MSLE msle", _mean_of(_logarithmic), *PAIRS),
    keras_loss("log_cosh logcosh", _mean_of(_log_cosh), *PAIRS),
    keras_loss("poisson", _mean_of(_poisson), *PAIRS, *SHARED),
    keras_loss("hinge", _mean_of(_hinge), *PAIRS),
    keras_loss("squared_hinge", _mean_of(_squared_hinge), *PAIRS),
    keras_loss("categorical_hinge", _categorical_hinge, *PAIRS),
    keras_loss("huber", _huber, *PAIRS, example(tensor(4), tensor(4), 2.5)),
    keras_loss("kl_divergence kullback_leibler_divergence KLD kld", _divergence, *PAIRS, *SHARED),
    keras_loss("cosine_similarity", _cosine, *PAIRS, example(tensor(2, 3), tensor(2, 3), axis=1)),
    named(
        "nn.log_poisson_loss",
        "targets log_input",
        _log_poisson,
        *PAIRS,
        example(tensor(4), tensor(4), compute_full_loss=True),
        dtypes="float32",
    ),
)
