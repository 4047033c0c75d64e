"""What Keras 3 computes otherwise in training by design: how it is detected on a model, and switched off.

With a design switched off, Keras 2 computes what Keras 3 does.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from exporter.training import cosine, nadam, steps
from exporter.training.optimizer_variables import inner, is_legacy
from exporter.training.results import Row
from exporter.training.steps import Batch
from exporter.training.train_step import wrapped
from interchange.workers.raised import by_model

Gradients = Sequence[tuple[Any, Any]]
"""The gradients of a step beside their variables."""


@dataclass(frozen=True)
class Design:
    """One thing that Keras 3 computes otherwise, in models that it `concerns`.

    Within `keras3`, a model computes what Keras 3 does. `changes` says what a step changes, or the part of it that the
    two ways of Keras 2 are compared by. `text` says what differs, with a place for how much. Where Keras 2 computes one
    thing in an eager run and another in a graph, it does within `keras2` what it does in a graph. Without a `rule` the
    optimizer is what differs.
    """

    rule: str | None
    concerns: Callable[[Any], bool]
    keras3: Callable[[Any], contextlib.AbstractContextManager[None]]
    changes: Callable[[Any, Sequence[Batch], Gradients], Sequence[Row]]
    text: str
    keras2: Callable[[Any], contextlib.AbstractContextManager[None]] = contextlib.nullcontext


def _fused(model: Any) -> list[Any]:
    """The layers that use TensorFlow's fused kernel."""
    import keras

    layers = {id(layer): layer for layer in model._flatten_layers()}.values()
    kinds = keras.layers.BatchNormalization
    return [
        layer for layer in layers if isinstance(layer, kinds) and getattr(layer, "fused", False) and layer.trainable
    ]


@contextlib.contextmanager
def _unfused(model: Any) -> Iterator[None]:
    layers = _fused(model)
    for layer in layers:
        layer.fused = False
    try:
        yield
    finally:
        for layer in layers:
            layer.fused = True


def _variances(model: Any, batches: Sequence[Batch], _: Gradients) -> list[Row]:
    """What a call in training changes moving variances by."""
    with steps.changed(model) as found:
        steps.call(model, batches[0])
    return [row for row in found if row[0].get("variable") == "moving_variance"]


def _applied(model: Any, _: Sequence[Batch], gradients: Gradients) -> list[Row]:
    """What the optimizer changes weights by."""
    with steps.changed(model) as found, by_model():
        model.optimizer.apply_gradients(list(gradients))
    return [row for row in found if row[0]["quantity"] == "weight"]


# These only add gradients up, so it does not matter when those of one id are added.
_LINEAR = frozenset({"SGD", "Lion"})


def _has_rows(model: Any) -> bool:
    """Whether an Embedding is trained whose gradient has a row for each id of a batch, and that may matter."""
    import keras

    optimizer = inner(model.optimizer)
    matters = type(optimizer).__name__ not in _LINEAR or (is_legacy(optimizer) and optimizer._momentum)
    layers = model._flatten_layers()
    return matters and any(isinstance(layer, keras.layers.Embedding) and layer.trainable for layer in layers)


@contextlib.contextmanager
def _whole(model: Any) -> Iterator[None]:
    """Within, the gradient of an Embedding is a whole matrix: Keras 3 clips that, and moves all rows of a momentum."""
    import tensorflow as tf

    optimizer = inner(model.optimizer)

    def apply_gradients(real: Callable[..., Any], pairs: Any, *args: Any, **options: Any) -> Any:
        made = [(gradient if gradient is None else tf.convert_to_tensor(gradient), each) for gradient, each in pairs]
        return real(made, *args, **options)

    def dense(_: Callable[..., Any], grad: Any, handle: Any, indices: Any, **options: Any) -> Any:
        whole = tf.convert_to_tensor(tf.IndexedSlices(grad, indices, tf.shape(handle)))
        return optimizer._resource_apply_dense(whole, handle, **options)

    is_linear = type(optimizer).__name__ in _LINEAR
    place = ("_resource_apply_sparse_duplicate_indices", dense) if is_linear else ("apply_gradients", apply_gradients)
    with wrapped(optimizer, *place):
        yield


# The slots in which legacy optimizers add up squares to whose root they add epsilon, RMSprop without a momentum alone.
_SQUARES = {"Adagrad": "accumulator", "RMSprop": "rms"}


def _adds_to_the_root(model: Any) -> bool:
    """Whether an optimizer adds epsilon to the root of a mean of squares; Keras 3 adds its square below the root."""
    optimizer = inner(model.optimizer)
    known = is_legacy(optimizer) and type(optimizer).__name__ in _SQUARES
    return known and not getattr(optimizer, "_momentum", False)


@contextlib.contextmanager
def _below_the_root(model: Any) -> Iterator[None]:
    """Within, such an optimizer makes the step of Keras 3, from the squares that it has added up itself."""
    import tensorflow as tf

    optimizer = inner(model.optimizer)
    squares = _SQUARES[type(optimizer).__name__]

    def dense(real: Callable[..., Any], grad: Any, var: Any, **options: Any) -> Any:
        before = tf.identity(var)
        with tf.control_dependencies([before]):
            made = real(grad, var, **options)
        with tf.control_dependencies([made] if made is not None else []):
            mean = tf.identity(optimizer.get_slot(var, squares))
            if getattr(optimizer, "centered", False):
                mean -= tf.square(optimizer.get_slot(var, "mg"))
        rate = optimizer._decayed_lr(var.dtype.base_dtype)
        return var.assign(before - rate * grad / tf.sqrt(mean + optimizer.epsilon**2))

    with wrapped(optimizer, "_resource_apply_dense", dense):
        yield


def _begins_to_average(model: Any) -> bool:
    """Whether an optimizer is about to average weights for the first time."""
    optimizer = inner(model.optimizer)
    return bool(getattr(optimizer, "use_ema", False)) and int(optimizer.iterations) == 0


@contextlib.contextmanager
def _after_the_first_step(model: Any) -> Iterator[None]:
    """Within, averages begin with the weights after the first step."""
    import tensorflow as tf

    optimizer = inner(model.optimizer)

    def update(real: Callable[..., Any], weights: Sequence[Any]) -> None:
        real(weights)
        for weight in weights:
            average = optimizer._model_variables_moving_average[optimizer._index_dict[optimizer._var_key(weight)]]
            average.assign(tf.where(tf.equal(optimizer.iterations, 0), weight, average))

    with wrapped(optimizer, "_update_model_variables_moving_average", update):
        yield


def _averages(model: Any, _: Sequence[Batch], gradients: Gradients) -> list[Row]:
    """What the first step changes averages by."""
    with steps.changed(model) as found, by_model():
        model.optimizer.apply_gradients(list(gradients))
    return [row for row in found if row[0].get("slot") == "model_variables_moving_average"]


DESIGNS: Sequence[Design] = (
    Design(
        "BatchNormalization",
        lambda model: bool(_fused(model)),
        _unfused,
        _variances,
        "trained further, moving_variance moves towards the variance of a batch of n values in Keras 3, and towards "
        "n / (n - 1) times that in Keras 2: measured on this model, a step of Keras 3 is {} off",
    ),
    Design(
        "Nadam",
        nadam.is_nadam,
        nadam.once_a_step,
        _applied,
        "in `fit`, Nadam of Keras 2 multiplies its product of momenta for nearly every weight of a step, and in Keras "
        "3 once a step: measured on this model, a step differs by {} of what it changes",
        nadam.as_traced,
    ),
    Design(
        "Nadam",
        nadam.is_legacy_nadam,
        nadam.decaying_fast,
        _applied,
        "the momentum of a Nadam before TensorFlow 2.11 grows with the power schedule_decay of 0.96 ** step, which is "
        "0.004 by default, and in Keras 3 with the power 1: measured on this model, a step differs by {} of what it "
        "changes",
    ),
    Design(
        None,
        _has_rows,
        _whole,
        _applied,
        "Keras 2 clips the gradients of each occurrence of an id in a batch, and some of its optimizers move the rows "
        "of those ids alone; Keras 3 does that with the whole gradient of an Embedding: measured on this model, a step "
        "differs by {} of what it changes",
    ),
    Design(
        None,
        _adds_to_the_root,
        _below_the_root,
        _applied,
        "an optimizer of before TensorFlow 2.11 adds epsilon to the root of the squares, Keras 3 its square below the "
        "root: measured on this model, a step differs by {} of what it changes",
    ),
    Design(
        "CosineSimilarity",
        cosine.is_used,
        cosine.as_in_keras3,
        cosine.gradients_and_metrics,
        "in a cosine similarity a vector shorter than 1e-6 counts less, in Keras 3 one shorter than 1e-7: measured on "
        "this model, gradients and metrics differ by {}",
    ),
    Design(
        None,
        _begins_to_average,
        _after_the_first_step,
        _averages,
        "use_ema: before any step is done, the average begins with the weights after the first, in Keras 2 before it: "
        "measured on this model, the first step changes an average by {} less in Keras 2",
    ),
)
