"""Cosine similarities of vectors that are almost zero: what Keras 2 and Keras 3 divide them by."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Sequence
from typing import Any

from exporter.training import results, steps
from exporter.training.results import Row
from exporter.training.steps import Batch

_LARGEST = 1e7  # in Keras 3 the inverse of a norm is at most this, in Keras 2 1e6


def is_used(model: Any) -> bool:
    """Whether a loss or a metric of a model is a cosine similarity."""
    return bool(_users(model))


@contextlib.contextmanager
def as_in_keras3(model: Any) -> Iterator[None]:
    """Within, cosine similarities are those of Keras 3."""
    users = _users(model)
    functions = [getattr(owner, attribute) for owner, attribute in users]
    for (owner, attribute), function in zip(users, functions):
        setattr(owner, attribute, functools.partial(_similarity, _sign(function)))
    try:
        yield
    finally:
        for (owner, attribute), function in zip(users, functions):
            setattr(owner, attribute, function)


def gradients_and_metrics(model: Any, batches: Sequence[Batch], _: Any) -> list[Row]:
    """What depends on them in a step."""
    return [*results.seen(model, steps.step(model, batches[0])), *results.metrics(model)]


def _users(model: Any) -> list[tuple[Any, str]]:
    """The losses and metrics that call such a function, with the attributes that hold it."""
    metrics = model.compiled_metrics.metrics if model.compiled_metrics is not None else ()
    held = [*((loss, "fn") for loss in steps.losses(model)), *((metric, "_fn") for metric in metrics)]
    return [pair for pair in held if _is_similarity(getattr(*pair, None))]


def _is_similarity(function: Any) -> bool:
    is_of_keras = str(getattr(function, "__module__", "")).partition(".")[0] in ("keras", "tf_keras")
    return is_of_keras and getattr(function, "__name__", "") == "cosine_similarity"


def _sign(function: Any) -> float:
    """1 for the function of the metric; that of the loss is the less the closer vectors are."""
    import tensorflow as tf

    return float(function(tf.ones(1), tf.ones(1), axis=-1))


def _similarity(sign: float, true: Any, predicted: Any, axis: int = -1) -> Any:
    import tensorflow as tf

    def normal(vectors: Any) -> Any:
        inverse = tf.math.rsqrt(tf.reduce_sum(tf.square(vectors), axis=axis, keepdims=True))
        return vectors * tf.minimum(inverse, tf.cast(_LARGEST, vectors.dtype))

    return sign * tf.reduce_sum(normal(tf.cast(true, predicted.dtype)) * normal(predicted), axis=axis)
