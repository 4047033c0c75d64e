"""A few steps of training with Keras 2, and all that they come to."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from exporter.describe import description
from exporter.run import inference
from exporter.training import results, slot_values
from exporter.training.results import Row
from exporter.training.train_step import Run, Seen, runner
from interchange.values import Value
from interchange.weight_key import WeightKey
from interchange.workers.parts import part
from interchange.workers.raised import by_model

Watch = Callable[[Seen, float], int]
"""What is told of the first step, and the seconds of processor time that it took; says how many steps there are."""


@dataclass(frozen=True)
class Batch:
    """What one step is given: a value for each input, a target for each output, and their sample weights, if any."""

    inputs: tuple[Value, ...]
    targets: tuple[np.ndarray, ...]
    weights: tuple[np.ndarray, ...] = ()

    @property
    def samples(self) -> int:
        """How many samples there are."""
        return len(self.targets[0])


def rows(model: Any, batches: Sequence[Batch], run: Run, watch: Watch | None = None) -> list[Row]:
    """Train a compiled model on batches by `run`, and say what that came to.

    Fewer steps are made if `watch` says so. Weights and slots are given as what they have changed by. The model is
    changed.
    """
    found: list[Row] = []
    count = len(batches)
    with changed(model) as changes:
        for number, batch in enumerate(batches):
            if number == count:
                break
            begun = time.process_time()
            seen = step(model, batch, run)
            found += [({**facts, "step": number}, value) for facts, value in results.losses(model)]
            if number == 0:
                found += [*results.metrics(model), *results.seen(model, seen)]
                count = watch(seen, time.process_time() - begun) if watch else count
            del seen
    return [*found, *changes, *_rates(model.optimizer)]


def key(facts: Mapping[str, Any]) -> tuple[Any, ...]:
    """What tells a row from all others."""
    owner = WeightKey.from_facts(facts) if "layer" in facts else ()
    names = ("quantity", "name", "step", "output", "weighted", "index", "slot")
    return (*(facts.get(name) for name in names), *owner)


def step(model: Any, batch: Batch, run: Run | None = None) -> Seen:
    """Train a model on a batch, by `run` if it is given; returns what is to be seen within."""
    _reset(model)
    run, given = run or runner(model), _data(model, batch)
    with by_model():
        return run(given)


def traced(model: Any, batch: Batch) -> Run:
    """What trains a model on all batches of the shapes of this one, and takes less time for a step."""
    inference.reset(model)
    given = _data(model, batch)
    with by_model():
        return runner(model, given)


def on_batch(model: Any, batch: Batch) -> None:
    """Train a model on a batch, as its user does."""
    inference.reset(model)
    model.train_on_batch(*_data(model, batch))


def call(model: Any, batch: Batch) -> None:
    """Run a model on a batch in training mode."""
    inference.reset(model)
    inputs = inference.packed(model, batch.inputs)
    with by_model():
        model(inputs, training=True)


@contextlib.contextmanager
def changed(model: Any) -> Iterator[list[Row]]:
    """What happens within changes weights and slots; yields a list that has all changes afterwards."""
    found: list[Row] = []
    before = list(_state(model))
    yield found
    found += [(facts, _change(old, new)) for (facts, old), (_, new) in zip(before, _state(model))]


def losses(model: Any) -> list[Any]:
    """The loss of each output of a compiled model, None where there is none."""
    container = model.compiled_loss
    if not container.built:
        container.build(getattr(model, "_nested_outputs", model.outputs))
    return list(container._losses)


def fit_metrics(model: Any, batch: Batch) -> None:
    """Let the metrics of a model be those for its targets: what `accuracy` means depends on their shapes."""
    before = model.compiled_metrics
    if before is None:
        return
    names = [metric.name for metric in before.metrics]
    options = {"output_names": before._output_names, "from_serialized": before._from_serialized}
    fitting = type(before)(before._user_metrics, before._user_weighted_metrics, **options)
    targets = _like_outputs(model, batch.targets)
    with by_model():
        fitting.build(getattr(model, "_nested_outputs", model.outputs), targets)
    for metric, name in zip(fitting.metrics, names):
        metric._name = name  # an output is put before it anew
    model.compiled_metrics = fitting


def _data(model: Any, batch: Batch) -> tuple[Any, ...]:
    """A batch as `train_step` takes it."""
    values = [_like_outputs(model, each) for each in (batch.targets, batch.weights) if each]
    return (inference.packed(model, batch.inputs), *values)


def _like_outputs(model: Any, values: Sequence[np.ndarray]) -> Any:
    """Values for the outputs of a model as tensors, in their structure."""
    import tensorflow as tf

    tensors = [tf.constant(value) for value in values]
    structure = getattr(model, "_nested_outputs", None)
    if structure is None:
        return tensors[0] if len(tensors) == 1 else tensors
    return tf.nest.pack_sequence_as(structure, tensors)


def _reset(model: Any) -> None:
    """Forget the states of layers and metrics."""
    inference.reset(model)
    with by_model():
        model.reset_metrics()


def _state(model: Any) -> Iterator[Row]:
    """Every weight and slot, or the part that stands for it."""
    for path, name, variable in description.variables(model):
        yield {"quantity": "weight", **WeightKey(path, name).to_facts()}, part(np.asarray(variable.value()))
    for facts, variable in slot_values.held(model):
        yield {"quantity": "slot", **facts}, part(np.asarray(variable.value()))


def _rates(optimizer: Any) -> Iterator[Row]:
    """The learning rate of the next step."""
    with by_model():
        rate = np.asarray(slot_values.learning_rate(optimizer), "float32")
    yield {"quantity": "slot", "slot": "learning_rate"}, rate


def _change(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """What a value has changed by; whole numbers are counted, floats subtracted as doubles and rounded."""
    if old.dtype.kind in "iub":
        return new.astype("int64") - old.astype("int64")
    return (new.astype("float64") - old.astype("float64")).astype("float64" if old.dtype == "float64" else "float32")
