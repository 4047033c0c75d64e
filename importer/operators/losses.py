"""Losses and cross-entropies, which are plain functions of two tensors."""

# ruff: noqa: PLR0913, PLR0917  (the names and defaults of TensorFlow)

from __future__ import annotations

import math
from typing import Any

from importer.operators.operator import Example, Operator, example, named, tensor

_FLOATS = "float32 float64"
_EPSILON = 1e-7  # keras.backend.epsilon()


def _mean_of(difference: Any) -> Any:
    """A loss that is the mean of a function along the last axis."""

    def build(ops: Any, y_true: Any, y_pred: Any) -> Any:
        return ops.mean(difference(ops, ops.cast(y_true, y_pred.dtype), y_pred), axis=-1)

    return build


def _absolute(ops: Any, y_true: Any, y_pred: Any) -> Any:
    return ops.abs(ops.subtract(y_pred, y_true))


def _squared(ops: Any, y_true: Any, y_pred: Any) -> Any:
    return ops.square(ops.subtract(y_pred, y_true))


def _percentage(ops: Any, y_true: Any, y_pred: Any) -> Any:
    shares = ops.divide(ops.subtract(y_true, y_pred), ops.maximum(ops.abs(y_true), _EPSILON))
    return ops.multiply(ops.abs(shares), 100.0)


def _logarithmic(ops: Any, y_true: Any, y_pred: Any) -> Any:
    first, second = (ops.log(ops.add(ops.maximum(y, _EPSILON), 1.0)) for y in (y_pred, y_true))
    return ops.square(ops.subtract(first, second))


def _log_cosh(ops: Any, y_true: Any, y_pred: Any) -> Any:
    x = ops.subtract(y_pred, y_true)
    return ops.subtract(ops.add(x, ops.softplus(ops.multiply(x, -2.0))), math.log(2.0))


def _poisson(ops: Any, y_true: Any, y_pred: Any) -> Any:
    return ops.subtract(y_pred, ops.multiply(y_true, ops.log(ops.add(y_pred, _EPSILON))))


def _signs(ops: Any, y_true: Any) -> Any:
    """Labels as -1 and 1, where all of them are 0 or 1."""
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
    y_true, y_pred = (ops.clip(y, _EPSILON, 1.0) for y in (ops.cast(y_true, y_pred.dtype), y_pred))
    return ops.sum(ops.multiply(y_true, ops.log(ops.divide(y_true, y_pred))), axis=-1)


def _cosine(ops: Any, y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    y_true, y_pred = (
        ops.multiply(y, ops.rsqrt(ops.maximum(ops.sum(ops.square(y), axis=axis, keepdims=True), 1e-12)))
        for y in (ops.cast(y_true, y_pred.dtype), y_pred)
    )
    return ops.negative(ops.sum(ops.multiply(y_true, y_pred), axis=axis))


def _inner(ops: Any, output: Any) -> Any:
    """Shares that are neither 0 nor 1, whose logarithm has an end."""
    return ops.clip(output, _EPSILON, 1.0 - _EPSILON)


def _shares(ops: Any, output: Any, axis: int) -> Any:
    return _inner(ops, ops.divide(output, ops.sum(output, axis=axis, keepdims=True)))


def _categorical(ops: Any, target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    logs = ops.log_softmax(output, axis=axis) if from_logits else ops.log(_shares(ops, output, axis))
    return ops.negative(ops.sum(ops.multiply(target, logs), axis=axis))


def _categorical_focal(
    ops: Any,
    target: Any,
    output: Any,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    axis: int = -1,
) -> Any:
    output = _shares(ops, ops.softmax(output, axis=axis) if from_logits else output, axis)
    entropy = ops.multiply(ops.negative(target), ops.log(output))
    weights = ops.multiply(ops.power(ops.subtract(1.0, output), gamma), alpha)
    return ops.sum(ops.multiply(weights, entropy), axis=axis)


def _binary(ops: Any, target: Any, output: Any, from_logits: bool = False) -> Any:
    if from_logits:
        return _with_logits(ops, target, output)
    output = _inner(ops, output)
    right = ops.multiply(target, ops.log(ops.add(output, _EPSILON)))
    wrong = ops.multiply(ops.subtract(1.0, target), ops.log(ops.add(ops.subtract(1.0, output), _EPSILON)))
    return ops.negative(ops.add(right, wrong))


def _binary_focal(
    ops: Any,
    target: Any,
    output: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
) -> Any:
    shares = ops.sigmoid(output) if from_logits else output
    sure = ops.add(ops.multiply(target, shares), ops.multiply(ops.subtract(1.0, target), ops.subtract(1.0, shares)))
    loss = ops.multiply(ops.power(ops.subtract(1.0, sure), gamma), _binary(ops, target, output, from_logits))
    if not apply_class_balancing:
        return loss
    weights = ops.add(ops.multiply(target, alpha), ops.multiply(ops.subtract(1.0, target), 1.0 - alpha))
    return ops.multiply(weights, loss)


def _sparse(
    ops: Any, target: Any, output: Any, from_logits: bool = False, axis: int = -1, ignore_class: int | None = None
) -> Any:
    if ignore_class is not None:
        raise ValueError("ignore_class")
    logits = ops.moveaxis(output if from_logits else ops.log(_inner(ops, output)), axis, -1)
    # As many labels as rows, whether each stands in an axis of its own or not.
    return _with_labels(ops, ops.squeeze(target, -1) if len(target.shape) == len(logits.shape) else target, logits)


def _with_labels(ops: Any, labels: Any, logits: Any) -> Any:
    """The entropy of labels that are the number of a class."""
    chosen = ops.one_hot(ops.cast(labels, "int32"), logits.shape[-1], dtype=logits.dtype)
    return ops.negative(ops.sum(ops.multiply(chosen, ops.log_softmax(logits, axis=-1)), axis=-1))


def _with_logits(ops: Any, labels: Any, logits: Any) -> Any:
    """The entropy of sigmoids, without computing them."""
    linear = ops.subtract(ops.relu(logits), ops.multiply(logits, labels))
    return ops.add(linear, ops.log1p(ops.exp(ops.negative(ops.abs(logits)))))


def _softmax_with_logits(ops: Any, labels: Any, logits: Any, axis: int = -1) -> Any:
    return _categorical(ops, labels, logits, from_logits=True, axis=axis)


def _formerly_along(ops: Any, labels: Any, logits: Any, axis: int | None, dim: int | None) -> Any:
    """TensorFlow 1, where `axis` was called `dim` before."""
    return _softmax_with_logits(ops, labels, logits, next((each for each in (axis, dim) if each is not None), -1))


def _weighted(ops: Any, labels: Any, logits: Any, pos_weight: Any) -> Any:
    weights = ops.add(ops.multiply(ops.subtract(pos_weight, 1.0), labels), 1.0)
    tail = ops.add(ops.log1p(ops.exp(ops.negative(ops.abs(logits)))), ops.relu(ops.negative(logits)))
    return ops.add(ops.multiply(ops.subtract(1.0, labels), logits), ops.multiply(weights, tail))


def _log_poisson(ops: Any, targets: Any, log_input: Any, compute_full_loss: bool = False) -> Any:
    loss = ops.subtract(ops.exp(log_input), ops.multiply(log_input, targets))
    if not compute_full_loss:
        return loss
    # Stirling's, which is left out from 0 to 1 as TensorFlow does.
    root = ops.multiply(ops.log(ops.multiply(targets, 2 * math.pi)), 0.5)
    factorial = ops.add(ops.subtract(ops.multiply(targets, ops.log(targets)), targets), root)
    small = ops.logical_and(ops.greater_equal(targets, 0), ops.less_equal(targets, 1))
    return ops.add(loss, ops.where(small, ops.zeros_like(targets), factorial))


def _smoothed(ops: Any, y_true: Any, y_pred: Any, smoothing: float, classes: int) -> Any:
    """Labels in the predictions' dtype, a part of them shared out among all classes."""
    y_true = ops.cast(y_true, y_pred.dtype)
    return ops.add(ops.multiply(y_true, 1.0 - smoothing), smoothing / classes) if smoothing else y_true


def _keras_binary(
    ops: Any, y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    return ops.mean(_binary(ops, _smoothed(ops, y_true, y_pred, label_smoothing, 2), y_pred, from_logits), axis=axis)


def _keras_binary_focal(
    ops: Any,
    y_true: Any,
    y_pred: Any,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    labels = _smoothed(ops, y_true, y_pred, label_smoothing, 2)
    return ops.mean(_binary_focal(ops, labels, y_pred, apply_class_balancing, alpha, gamma, from_logits), axis=axis)


def _keras_categorical(
    ops: Any, y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0, axis: int = -1
) -> Any:
    labels = _smoothed(ops, y_true, y_pred, label_smoothing, y_true.shape[axis])
    return _categorical(ops, labels, y_pred, from_logits, axis)


def _keras_categorical_focal(
    ops: Any,
    y_true: Any,
    y_pred: Any,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    label_smoothing: float = 0.0,
    axis: int = -1,
) -> Any:
    labels = _smoothed(ops, y_true, y_pred, label_smoothing, y_true.shape[-1])
    return _categorical_focal(ops, labels, y_pred, alpha, gamma, from_logits, axis)


def _keras_sparse(
    ops: Any, y_true: Any, y_pred: Any, from_logits: bool = False, axis: int = -1, ignore_class: int | None = None
) -> Any:
    return _sparse(ops, y_true, y_pred, from_logits, axis, ignore_class)


_PAIRS = example(tensor(4), tensor(4)), example(tensor(2, 3), tensor(2, 3))
_SHARED = (
    example(tensor(4, domain="share"), tensor(4, domain="share")),
    example(tensor(2, 3, domain="share"), tensor(2, 3, domain="share")),
)
_LOGITS = (
    example(tensor(4, domain="share"), tensor(4), from_logits=True),
    *_SHARED,
)
_NUMBERED: tuple[Example, ...] = (
    example(tensor(dtype="int32", domain="label"), tensor(4, dtype="float32", domain="share")),
    example(tensor(3, dtype="int64", domain="label"), tensor(3, 5, dtype="float64"), from_logits=True),
    example(tensor(1, dtype="int32", domain="label"), tensor(4, dtype="float32"), from_logits=True),
)
_NAMED = (
    example(labels=tensor(4, domain="share"), logits=tensor(4)),
    example(labels=tensor(2, 3, domain="share"), logits=tensor(2, 3)),
)
_LABELLED = (
    example(labels=tensor(dtype="int32", domain="label"), logits=tensor(4, dtype="float32")),
    example(labels=tensor(3, dtype="int64", domain="label"), logits=tensor(3, 5, dtype="float64")),
)


# Losses that are no metrics by name.
_LOSSES_ALONE = frozenset({"categorical_hinge", "cosine_similarity", "huber"})


def _keras(names: str, build: Any, *examples: Example, dtypes: str = _FLOATS) -> Operator:
    spelled = " ".join(f"keras.losses.{name}" for name in names.split())
    metrics = " ".join(f"keras.metrics.{name}" for name in names.split() if name not in _LOSSES_ALONE)
    return named(f"{spelled} {metrics}", "y_true y_pred", build, *examples, dtypes=dtypes)


def _backend(name: str, build: Any, *examples: Example, dtypes: str = _FLOATS) -> Operator:
    return named(f"keras.backend.{name}", "target output", build, *examples, dtypes=dtypes)


def _nn(names: str, build: Any, *examples: Example, dtypes: str = _FLOATS) -> Operator:
    return named(names, "labels logits", build, *examples, dtypes=dtypes)


OPERATORS = (
    _keras("mean_squared_error MSE mse", _mean_of(_squared), *_PAIRS),
    _keras("mean_absolute_error MAE mae", _mean_of(_absolute), *_PAIRS),
    _keras("mean_absolute_percentage_error MAPE mape", _mean_of(_percentage), *_PAIRS),
    _keras("mean_squared_logarithmic_error MSLE msle", _mean_of(_logarithmic), *_PAIRS),
    _keras("log_cosh logcosh", _mean_of(_log_cosh), *_PAIRS),
    _keras("poisson", _mean_of(_poisson), *_PAIRS, *_SHARED),
    _keras("hinge", _mean_of(_hinge), *_PAIRS),
    _keras("squared_hinge", _mean_of(_squared_hinge), *_PAIRS),
    _keras("categorical_hinge", _categorical_hinge, *_PAIRS),
    _keras("huber", _huber, *_PAIRS, example(tensor(4), tensor(4), 2.5)),
    _keras("kl_divergence kullback_leibler_divergence KLD kld", _divergence, *_PAIRS, *_SHARED),
    _keras("cosine_similarity", _cosine, *_PAIRS, example(tensor(2, 3), tensor(2, 3), axis=1)),
    _keras("binary_crossentropy", _keras_binary, *_LOGITS, example(*_SHARED[1].arguments, label_smoothing=0.1)),
    _keras("binary_focal_crossentropy", _keras_binary_focal, *_LOGITS, example(*_SHARED[0].arguments, True, 0.4)),
    _keras("categorical_crossentropy", _keras_categorical, *_LOGITS, example(*_SHARED[1].arguments, axis=1)),
    _keras("categorical_focal_crossentropy", _keras_categorical_focal, *_LOGITS),
    _keras("sparse_categorical_crossentropy", _keras_sparse, *_NUMBERED, dtypes="float32"),
    _backend("binary_crossentropy", _binary, *_LOGITS),
    _backend("binary_focal_crossentropy", _binary_focal, *_LOGITS),
    _backend("categorical_crossentropy", _categorical, *_LOGITS, example(*_SHARED[1].arguments, axis=1)),
    _backend("categorical_focal_crossentropy", _categorical_focal, *_LOGITS),
    _backend("sparse_categorical_crossentropy", _sparse, *_NUMBERED, dtypes="float32"),
    _nn("nn.sigmoid_cross_entropy_with_logits", _with_logits, *_NAMED),
    _nn("compat.v1.nn.sigmoid_cross_entropy_with_logits", _with_logits, *_NAMED),
    _nn("nn.softmax_cross_entropy_with_logits", _softmax_with_logits, *_NAMED),
    _nn(
        "compat.v1.nn.softmax_cross_entropy_with_logits_v2",
        lambda ops, labels, logits, axis=None, dim=None: _formerly_along(ops, labels, logits, axis, dim),
        *_NAMED,
    ),
    _nn(
        "compat.v1.nn.softmax_cross_entropy_with_logits",
        lambda ops, labels, logits, dim=-1, axis=None: _formerly_along(ops, labels, logits, axis, dim),
        *_NAMED,
    ),
    _nn("nn.sparse_softmax_cross_entropy_with_logits", _with_labels, *_LABELLED, dtypes="float32"),
    _nn("compat.v1.nn.sparse_softmax_cross_entropy_with_logits", _with_labels, *_LABELLED, dtypes="float32"),
    _nn(
        "nn.weighted_cross_entropy_with_logits",
        _weighted,
        example(tensor(4, domain="share"), tensor(4), 2.5),
        example(tensor(2, 3, domain="share"), tensor(2, 3), pos_weight=0.5),
    ),
    named(
        "nn.log_poisson_loss",
        "targets log_input",
        _log_poisson,
        *_PAIRS,
        example(tensor(4), tensor(4), compute_full_loss=True),
        dtypes="float32",
    ),
)
