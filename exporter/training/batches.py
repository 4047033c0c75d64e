"""Batches to train a model on: samples that it has already answered, and targets that its losses accept."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from exporter.probes.batches import Answers, Call
from exporter.probes.probes import Case
from exporter.training import steps, targets, train_step
from exporter.training.steps import Batch
from interchange.values import Value, array_of, kind_of

STEPS = 3
"""How many batches there are; the second one has sample weights."""

_SEED = 20193
_SAMPLES = 16
# The probes that samples are taken from: ordinary ones, and not those that only saturate or vanish.
_FROM = ("normal", "padded", "samples", "single")
_WEIGHTED = 1


class NoBatchesError(Exception):
    """Why there is nothing to train a model on."""


@dataclass(frozen=True)
class Trained:
    """What batches have to fit: the loss of each output. A model of `one_size` takes as many samples as a probe has.

    `in_graph` says of inputs whether the model is traced for them; then all batches have to be alike.
    """

    losses: Sequence[Any]
    one_size: bool
    in_graph: Callable[[Sequence[Value]], bool]

    @classmethod
    def of(cls, model: Any) -> Trained:
        """A compiled model."""
        stateful = any(getattr(layer, "stateful", False) for layer in model._flatten_layers())
        one_size = stateful or any(tensor.shape[0] is not None for tensor in model.inputs)
        return cls(steps.losses(model), one_size, functools.partial(train_step.is_for_graph, model))


def made(trained: Trained, answered: Sequence[tuple[Call, Answers]]) -> list[Batch]:
    """Batches for a model, by what it has answered. Raises `NoBatchesError` for a model without an ordinary probe."""
    losses = trained.losses
    inputs, outputs = _pool(answered, trained.one_size)
    random, count = np.random.default_rng(_SEED), len(outputs[0])
    if any(len(output) != count for output in outputs) or len(losses) != len(outputs):
        raise NoBatchesError("an output has not one row for each sample")
    batches = []
    for step in range(STEPS):
        drawn = tuple(targets.target(*pair, random) for pair in zip(losses, outputs))
        weights = tuple(_weights(output, random) for output in outputs)
        given = tuple(_rolled(value, step) for value in inputs)
        without = tuple(map(np.ones_like, weights)) if trained.in_graph(inputs) else ()
        batches.append(Batch(given, drawn, weights if step == _WEIGHTED else without))
    return batches


def _weights(output: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """A weight for each number that a loss gives: of a sequence one for each step, as Keras 3 needs them."""
    return random.uniform(0.5, 1.5, output.shape[:-1] or output.shape).astype("float32")


def _pool(answered: Sequence[tuple[Call, Answers]], one_size: bool) -> tuple[tuple[Value, ...], list[np.ndarray]]:
    """Samples for each input, and their outputs: finite ones, of one shape, and at most so many."""
    found = {case.name: (case, values) for call, answers in answered for case, values in zip(call, answers)}
    usable = [found[name] for name in _FROM if name in found and _is_plain(found[name][1])]
    if not usable:
        raise NoBatchesError("its outputs for ordinary inputs are not finite floats")
    first, outputs = usable[0]
    alike = [pair for pair in usable if _shapes(*pair) == _shapes(*usable[0])]
    if one_size or any(kind_of(value) != "dense" for value in first.inputs):
        return first.inputs, [array_of(value) for value in outputs]
    joined = [np.concatenate(values)[:_SAMPLES] for values in zip(*(case.inputs for case, _ in alike))]
    return tuple(joined), [
        np.concatenate([array_of(value) for value in values])[:_SAMPLES] for values in zip(*(each for _, each in alike))
    ]


def _is_plain(outputs: Sequence[Value]) -> bool:
    """Whether outputs are dense floats, all finite."""
    arrays = [array_of(value) for value in outputs if kind_of(value) == "dense"]
    return len(arrays) == len(outputs) and all(
        array.ndim and array.size and _is_float(array) and np.isfinite(array.astype("float64")).all()
        for array in arrays
    )


def _is_float(array: np.ndarray) -> bool:
    return array.dtype.kind == "f" or array.dtype.name == "bfloat16"


def _shapes(case: Case, outputs: Sequence[Value]) -> list[tuple[str, tuple[int, ...]]]:
    """What has to agree for cases to be one batch; a case that is not dense agrees with none but itself."""
    return [(kind_of(value), array_of(value).shape[1:]) for value in (*case.inputs, *outputs)]


def _rolled(value: Value, step: int) -> Value:
    """The samples in another order for each step; those of a sparse or ragged input stay."""
    return np.roll(value, step, 0) if isinstance(value, np.ndarray) else value
