"""Run several probes as one batch: every call costs a millisecond for each layer, whatever it computes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from exporter.probes.input_facts import InputFacts
from exporter.probes.probes import OPTIONAL, Case
from exporter.run import inference
from interchange.errors import Problem, refused
from interchange.values import Value, array_of
from interchange.workers import probe_batches

# The sizes of all probes and of all weights up to which the memory of a larger batch does not matter.
_INPUTS, _WEIGHTS = 2**19, 2**23

# Probes that are about the size of their batch.
_ALONE = frozenset({"single"})

Call = tuple[Case, ...]
"""Probes whose samples are one batch."""

Answers = list[list[Value]]
"""The flattened outputs for each probe."""


def alone(probes: Sequence[Case]) -> list[Call]:
    """Each probe in a call of its own."""
    return [(probe,) for probe in probes]


def together(probes: Sequence[Case], facts: Sequence[InputFacts], model: Any) -> list[Call]:
    """As few calls as possible; probes that are large, sparse, ragged or of a stateful model are alone."""
    if not is_free(facts, model):
        return alone(probes)
    size = sum(array_of(value).size for probe in probes for value in probe.inputs)
    weights = sum(weight.shape.num_elements() or 0 for weight in getattr(model, "weights", ()))
    if size > _INPUTS or weights > _WEIGHTS:
        return alone(probes)
    joined = tuple(probe for probe in probes if probe.name not in _ALONE)
    return [joined, *alone([probe for probe in probes if probe.name in _ALONE])]


def is_free(facts: Sequence[InputFacts], model: Any) -> bool:
    """Whether a model takes dense batches of any size; a stateful layer keeps to that of its first call."""
    free = all(fact.kind == "dense" and fact.shape and fact.shape[0] is None for fact in facts)
    return free and not any(getattr(layer, "stateful", False) for layer in model._flatten_layers())


def is_optional(call: Call) -> bool:
    """Whether the call is left out when the time is over."""
    return all(case.name in OPTIONAL for case in call)


def inputs_of(call: Call) -> tuple[Value, ...]:
    """The batch of a call, for each input."""
    return tuple(probe_batches.joined(values) for values in zip(*(case.inputs for case in call)))


def answers(model: Any, call: Call) -> Answers | None:
    """The outputs of the model for each probe of a call; None if an output does not have one row for each sample."""
    outputs = inference.outputs(model, Case("+".join(case.name for case in call), inputs_of(call)))
    return probe_batches.parted(outputs, [case.inputs for case in call])


def check_deterministic(model: Any, call: Call, first: Answers) -> None:
    """Refuse a model whose outputs differ between two calls with the same inputs: there is nothing to compare with."""
    if _agree(first, answers(model, call)):
        return
    changed = _changed_by(model, call)
    problems = [
        Problem(name, class_name, _CHANGES_WEIGHTS, "training", True, _FIXED) for name, class_name in changed.items()
    ]
    if problems:
        raise refused(problems, f"{model.name}: {problems[0]}", _FIXED)
    text = "its outputs are random at inference, so there is nothing to compare with"
    raise refused([Problem("", type(model).__name__, text)], f"{model.name}: {text}")


_CHANGES_WEIGHTS = (
    "a call with training=True changes its weights and another call reads them, so its outputs change from call to call"
)
_FIXED = (
    "Build the model in Keras 2 with training=True in all calls of this layer, or in none, load its weights into that, "
    "and save it again."
)


def _agree(first: Answers, again: Answers | None) -> bool:
    return again is not None and all(_same(*pair) for before, after in zip(first, again) for pair in zip(before, after))


def _changed_by(model: Any, call: Call) -> dict[str, str]:
    """The layers whose weights a call of the model changes, by name with their classes; none if it is random too."""
    layers = [layer for layer in model._flatten_layers() if layer._non_trainable_weights]
    before = list(map(_counted, layers))
    one = answers(model, call)
    moved = [layer for layer, held in zip(layers, before) if not all(map(_same, held, _counted(layer)))]
    for layer, held in zip(layers, before):
        for weight, value in zip(layer._non_trainable_weights, held):
            weight.assign(value)
    is_cause = one is not None and _agree(one, answers(model, call))
    return {layer.name: type(layer).__name__ for layer in moved} if is_cause else {}


def _counted(layer: Any) -> list[Any]:
    return [weight.numpy() for weight in layer._non_trainable_weights]


def _same(before: Value, after: Value) -> bool:
    a, b = array_of(before), array_of(after)
    return np.array_equal(a, b, equal_nan=a.dtype.kind in "fc")
