"""What somebody should know who trains the result, and what no comparison with TensorFlow on one machine shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from exporter.describe import narrow_dtypes
from exporter.training import steps
from exporter.training.batches import STEPS
from exporter.training.results import Row
from exporter.training.steps import Batch
from exporter.training.train_step import Output
from interchange.workers.raised import by_model
from interchange.workers.tolerances import HALF

Remark = Mapping[str, str]

_OF_STEPS = "only {} of {} steps are compared, as there was not enough time for more: allow more with --budget"
_OF_WEIGHTS = (
    "sample weights for an output with several steps: Keras 2 also takes one for each sample, of shape (n,), and Keras "
    "3 takes them in the shape (n, 1) instead"
)
_OF_HALVES = (
    "some layers compute in half precision, so the next steps agree but for its rounding: moving weights and inputs by "
    "one unit in the last place moved a loss of these steps by up to {:.2g} %"
)
_OF_SATURATION = (
    "where a probability is almost 0 or 1, this loss is computed from the logits behind it by TensorFlow, in both "
    "Keras, and from the clipped probability by JAX and PyTorch: measured on this model, the loss differs by {:.2g} %"
)
_OF_COLUMNS = (
    "targets of shape (n,) for an output of shape (n, 1): Keras 2 makes a column of them, and for the metric {} Keras "
    "3 {}; give them in the shape (n, 1)"
)
_PAIRED = "compares each with every output, which differs by {:.2g} % on this model"
# The functions that Keras 3 gives targets as they are, and the metrics that raise in Keras 3 for targets of one axis.
_OF_PAIRS = frozenset({"hinge", "squared_hinge", "categorical_hinge", "kl_divergence", "poisson"})
_RAISING = frozenset({"binary_crossentropy", "FBetaScore", "F1Score"})
_LEAST = 1e-4  # what the clipping of ordinary probabilities may come to
_ALMOST = 2e-3  # how near to 0 or 1 a probability is before its clipping can come to that


def remarks(model: Any, batches: Sequence[Batch], rows: Sequence[Row], outputs: Sequence[Output]) -> Iterator[Remark]:
    """What is to be said of a model that has been trained on `batches`.

    The `rows` with their noise tell of that; `outputs` are those of the first step.
    """
    if len(batches) < STEPS:
        yield {"rule": "steps", "text": _OF_STEPS.format(len(batches), STEPS)}
    yield from _of_weights(batches)
    yield from _of_halves(model, rows)
    yield from _of_saturation(model, batches[0], outputs)
    yield from _of_columns(model, batches[0], outputs)


def _of_weights(batches: Sequence[Batch]) -> Iterator[Remark]:
    """Sample weights for outputs whose losses have several axes, which Keras 3 does not align.

    Either it raises, or the weight of a sample is taken for that of a step; how much that is depends on the weights.
    """
    if any(weights.ndim > 1 for batch in batches for weights in batch.weights):
        yield {"rule": "sample_weight", "text": _OF_WEIGHTS}


def _of_halves(model: Any, rows: Sequence[Row]) -> Iterator[Remark]:
    dtypes = narrow_dtypes.by_output(model, len(model.outputs or ()))
    if not any(reached & HALF for reached in dtypes):
        return
    noise = [
        facts["noise"][0] / abs(float(value))
        for facts, value in rows
        if facts["quantity"] == "loss" and facts["noise"][0] is not None and value
    ]
    if noise:
        yield {"rule": "mixed_precision", "text": _OF_HALVES.format(100 * max(noise))}


def _of_saturation(model: Any, batch: Batch, outputs: Sequence[Output]) -> Iterator[Remark]:
    """Losses that depend on logits which Keras keeps beside the probabilities, and only under TensorFlow."""
    for loss, output, target in zip(steps.losses(model), outputs, batch.targets):
        if loss is None or output.logits is None or not _is_almost_certain(output.value):
            continue
        if (figure := _without_logits(loss, output, target)) > _LEAST:
            yield {"rule": loss.name, "text": _OF_SATURATION.format(100 * figure)}


def _is_almost_certain(output: Any) -> bool:
    """Whether a probability is almost 0 or 1; a NaN is as well."""
    probabilities = np.asarray(output, "float64")
    return not ((probabilities > _ALMOST) & (probabilities < 1 - _ALMOST)).all()


def _without_logits(loss: Any, output: Output, target: np.ndarray) -> float:
    """How much a loss differs without the logits of an output, by its size; each sample gets each target once."""
    import tensorflow as tf

    clipped, kept = tf.identity(output.value), tf.identity(output.value)
    kept._keras_logits = output.logits
    figures = [0.0]
    for shift in range(len(target)):
        given = np.roll(target, shift, 0)
        with by_model():
            with_logits, without = float(loss(given, kept)), float(loss(given, clipped))
        if np.isfinite([with_logits, without]).all():
            figures.append(abs(with_logits - without) / (abs(with_logits) or 1.0))
    return max(figures)


def _of_columns(model: Any, batch: Batch, outputs: Sequence[Output]) -> Iterator[Remark]:
    """Metrics that do not make a column of targets without a second axis in Keras 3; losses do in both Keras."""
    for output, given, metric in _metrics(model, [each.value for each in outputs], batch.targets):
        if output.shape.rank != 2 or output.shape[1] != 1 or given.shape != tuple(output.shape):
            continue
        function = getattr(metric, "_fn", None)
        known = {str(getattr(function, "__name__", "")), *(base.__name__ for base in type(metric).__mro__)}
        if known & _RAISING:
            yield {"rule": metric.name, "text": _OF_COLUMNS.format(metric.name, "raises")}
        elif known & _OF_PAIRS and (figure := _unaligned(function, output, given)) > _LEAST:
            yield {"rule": metric.name, "text": _OF_COLUMNS.format(metric.name, _PAIRED.format(100 * figure))}


def _metrics(
    model: Any, outputs: Sequence[Any], targets: Sequence[np.ndarray]
) -> Iterator[tuple[Any, np.ndarray, Any]]:
    """The metrics of a model, each with its output and the target of that."""
    container = model.compiled_metrics
    if container is not None and container.built:
        for groups in (container._metrics, container._weighted_metrics):
            for output, target, group in zip(outputs, targets, groups):
                yield from ((output, target, metric) for metric in group if metric is not None)


def _unaligned(function: Any, output: Any, target: np.ndarray) -> float:
    """How much a metric differs by its size if its function gets targets of one axis."""
    import tensorflow as tf

    with by_model():
        column, flat = (float(tf.reduce_mean(function(tf.constant(each), output))) for each in (target, target[:, 0]))
    return abs(flat - column) / (abs(column) or 1.0)
