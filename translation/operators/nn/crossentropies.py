"""Cross-entropies of probabilities or logits."""

# ruff: noqa: PLR0913, PLR0917  (the names and defaults of TensorFlow)

from __future__ import annotations

from typing import Any

from translation.operators.dtypes import like
from translation.operators.nn.losses import EPSILON, SHARED, keras_loss
from translation.operators.operator import FLOATS, Example, Operator, defined_in, example, named, renamed, tensor
from translation.operators.symbolic import is_symbolic, node


def _inner(ops: Any, output: Any) -> Any:
    """Probabilities clipped away from 0 and 1, so that logarithms are finite."""
    return ops.clip(output, EPSILON, 1.0 - EPSILON)


def _shares(ops: Any, output: Any, axis: int) -> Any:
    return _inner(ops, ops.divide(output, ops.sum(output, axis=axis, keepdims=True)))


def _before(ops: Any, output: Any, from_logits: bool) -> tuple[Any, bool]:
    """The input of the softmax or sigmoid that computed the output, as Keras 2 uses it; and whether it is logits."""
    from keras import activations, layers

    if not is_symbolic(output):
        return output, from_logits
    layer = output._keras_history.operation
    known = {activations.softmax, activations.sigmoid}
    if isinstance(layer, layers.Softmax) or (isinstance(layer, layers.Activation) and layer.activation in known):
        return ops.cast(node(output).input_tensors[0], output.dtype), True
    if getattr(layer, "activation", None) in known and not isinstance(layer, layers.RNN):
        raise ValueError(
            f"Keras 2 computes it from the input of the activation in {layer.name}, which Keras 3 does not expose"
        )
    return output, from_logits


def _categorical(ops: Any, target: Any, output: Any, from_logits: bool = False, axis: int = -1) -> Any:
    output, from_logits = _before(ops, output, from_logits)
    return _entropy(ops, target, output, from_logits, axis)


def _entropy(ops: Any, target: Any, output: Any, from_logits: bool, axis: int) -> Any:
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
    output, from_logits = _before(ops, output, from_logits)
    output = _shares(ops, ops.softmax(output, axis=axis) if from_logits else output, axis)
    entropy = ops.multiply(ops.negative(target), ops.log(output))
    weights = ops.multiply(ops.power(ops.subtract(1.0, output), gamma), alpha)
    return ops.sum(ops.multiply(weights, entropy), axis=axis)


def _binary(ops: Any, target: Any, output: Any, from_logits: bool = False) -> Any:
    output, from_logits = _before(ops, output, from_logits)
    if from_logits:
        return _with_logits(ops, target, output)
    output = _inner(ops, output)
    right = ops.multiply(target, ops.log(ops.add(output, EPSILON)))
    wrong = ops.multiply(ops.subtract(1.0, target), ops.log(ops.add(ops.subtract(1.0, output), EPSILON)))
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
        raise ValueError("ignore_class is not supported")
    output, from_logits = _before(ops, output, from_logits)
    logits = ops.moveaxis(output if from_logits else ops.log(_inner(ops, output)), axis, -1)
    # One label for each row, with or without an axis of its own.
    return _with_labels(ops, ops.squeeze(target, -1) if len(target.shape) == len(logits.shape) else target, logits)


def _with_labels(ops: Any, labels: Any, logits: Any) -> Any:
    """The cross-entropy of labels that are class numbers."""
    chosen = ops.one_hot(ops.cast(labels, "int32"), logits.shape[-1], dtype=logits.dtype)
    return ops.negative(ops.sum(ops.multiply(chosen, ops.log_softmax(logits, axis=-1)), axis=-1))


def _with_logits(ops: Any, labels: Any, logits: Any) -> Any:
    """The cross-entropy of sigmoids, without computing them."""
    linear = ops.subtract(ops.relu(logits), ops.multiply(logits, labels))
    return ops.add(linear, ops.log1p(ops.exp(ops.negative(ops.abs(logits)))))


def _softmax_with_logits(ops: Any, labels: Any, logits: Any, axis: int | None = None) -> Any:
    return _entropy(ops, labels, logits, from_logits=True, axis=-1 if axis is None else axis)


def _weighted(ops: Any, labels: Any, logits: Any, pos_weight: Any) -> Any:
    weights = ops.add(ops.multiply(ops.subtract(pos_weight, 1.0), labels), 1.0)
    tail = ops.add(ops.log1p(ops.exp(ops.negative(ops.abs(logits)))), ops.relu(ops.negative(logits)))
    return like(ops, ops.add(ops.multiply(ops.subtract(1.0, labels), logits), ops.multiply(weights, tail)), logits)


def _smoothed(ops: Any, y_true: Any, y_pred: Any, smoothing: float, classes: int) -> Any:
    """Labels in the dtype of the predictions, smoothed over all classes."""
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


_KERAS_SPARSE = renamed(_sparse, "y_true=target y_pred=output from_logits axis ignore_class")
_LOGITS = (example(tensor(4, domain="share"), tensor(4), from_logits=True), *SHARED)
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


def _backend(name: str, build: Any, *examples: Example, dtypes: str = FLOATS) -> Operator:
    return named(f"keras.backend.{name}", "target output", build, *examples, dtypes=dtypes)


def _nn(names: str, build: Any, *examples: Example, dtypes: str = FLOATS) -> Operator:
    return named(names, "labels logits", build, *examples, dtypes=dtypes)


SOURCES = defined_in("ops/nn_impl ops/nn_ops", keras="backend losses")
OPERATORS = (
    keras_loss("binary_crossentropy", _keras_binary, *_LOGITS, example(*SHARED[1].arguments, label_smoothing=0.1)),
    keras_loss("binary_focal_crossentropy", _keras_binary_focal, *_LOGITS, example(*SHARED[0].arguments, True, 0.4)),
    keras_loss("categorical_crossentropy", _keras_categorical, *_LOGITS, example(*SHARED[1].arguments, axis=1)),
    keras_loss("categorical_focal_crossentropy", _keras_categorical_focal, *_LOGITS),
    keras_loss("sparse_categorical_crossentropy", _KERAS_SPARSE, *_NUMBERED, dtypes="float32"),
    _backend("binary_crossentropy", _binary, *_LOGITS),
    _backend("binary_focal_crossentropy", _binary_focal, *_LOGITS),
    _backend("categorical_crossentropy", _categorical, *_LOGITS, example(*SHARED[1].arguments, axis=1)),
    _backend("categorical_focal_crossentropy", _categorical_focal, *_LOGITS),
    _backend("sparse_categorical_crossentropy", _sparse, *_NUMBERED, dtypes="float32"),
    _nn("nn.sigmoid_cross_entropy_with_logits", _with_logits, *_NAMED),
    _nn("compat.v1.nn.sigmoid_cross_entropy_with_logits", _with_logits, *_NAMED),
    _nn("nn.softmax_cross_entropy_with_logits", _softmax_with_logits, *_NAMED),
    _nn(
        "compat.v1.nn.softmax_cross_entropy_with_logits_v2",
        renamed(_softmax_with_logits, "labels logits axis dim=axis"),
        *_NAMED,
    ),
    _nn(
        "compat.v1.nn.softmax_cross_entropy_with_logits",
        renamed(_softmax_with_logits, "labels logits dim=axis axis"),
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
)
