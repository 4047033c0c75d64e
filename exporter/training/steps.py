"""A few steps of training with Keras 2, and all that they come to."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from exporter.describe import description
from exporter.run import inference
from exporter.training import results, slot_values, state
from exporter.training.optimizer_variables import inner
from exporter.training.results import Row
from interchange.values import Value
from interchange.weight_key import WeightKey
from interchange.workers.parts import part
from interchange.workers.raised import by_model

Run = Callable[[tuple[Any, ...]], Mapping[int, Any]]


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


def rows(model: Any, batches: Sequence[Batch], run: Run) -> list[Row]:
    """Evaluate a compiled model on the first batch, train it on all by `run`, and say what that came to.

    Weights and slots are given as what they have changed by. The model is changed.
    """
    found = list(_evaluated(model, batches[0]))
    with changed(model) as changes:
        for number, batch in enumerate(batches):
            made = step(model, batch, run)
            found += [({**facts, "step": number}, value) for facts, value in results.losses(model)]
            found += made if number == 0 else []
    return [*found, *changes, *_rates(model.optimizer)]


def key(facts: Mapping[str, Any]) -> tuple[Any, ...]:
    """What tells a row from all others."""
    owner = WeightKey.from_facts(facts) if "layer" in facts else ()
    names = ("quantity", "name", "step", "output", "weighted", "index", "slot")
    return (*(facts.get(name) for name in names), *owner)


def step(model: Any, batch: Batch, run: Run | None = None) -> list[Row]:
    """Train a model on a batch, by `run` if it is given; returns all gradients, or their parts."""
    _reset(model)
    run, data = run or runner(model), _data(model, batch)
    with by_model():
        found = run(data)
    keys = state.keys_of(model)
    return [
        ({"quantity": "gradient", **key.to_facts()}, part(np.asarray(found[number])))
        for number, key in keys.items()
        if number in found
    ]


def runner(model: Any, *, in_graph: bool = False) -> Run:
    """What trains a model on the data of `train_step`, and gives the gradients by the identities of their weights.

    It is traced at its first call if `in_graph`.
    """
    import tensorflow as tf

    keys = state.keys_of(model)

    def run(data: tuple[Any, ...]) -> dict[int, Any]:
        found = {}

        def apply_gradients(real: Callable[..., Any], pairs: Any, *args: Any, **options: Any) -> Any:
            given = list(pairs)
            known = [(state.identity(variable), gradient) for gradient, variable in given if gradient is not None]
            found.update({number: tf.convert_to_tensor(gradient) for number, gradient in known if number in keys})
            return real(given, *args, **options)

        with wrapped(model.optimizer, "apply_gradients", apply_gradients):
            model.train_step(data)
        return found

    return tf.function(run) if in_graph else run


def is_for_graph(model: Any, inputs: Sequence[Value]) -> bool:
    """Whether steps are traced because that takes less time; a Nadam counts in Python."""
    return inference.loops_long(model, inputs) and not hasattr(inner(model.optimizer), "_u_product_counter")


def gradients(model: Any, batch: Batch) -> list[Any]:
    """The gradients of a batch beside their variables, of which an optimizer makes a step."""
    found: list[Any] = []

    def apply_gradients(_: Callable[..., Any], pairs: Any, **_options: Any) -> None:
        found.extend(pairs)

    inference.reset(model)
    data = _data(model, batch)
    with wrapped(model.optimizer, "apply_gradients", apply_gradients), by_model():
        model.train_step(data)
    return found


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
    if before is None or not before.built:
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


def _evaluated(model: Any, batch: Batch) -> Iterator[Row]:
    """Losses, metrics and the penalty of a batch, without training."""
    _reset(model)
    data = _data(model, batch)
    with by_model():
        model.test_step(data)
    yield from results.losses(model)
    yield from results.metrics(model)
    with by_model():
        penalty = sum(float(np.sum(np.asarray(loss, "float64"))) for loss in model.losses)
    yield {"quantity": "penalty", "name": "penalty"}, np.array(penalty)


def _reset(model: Any) -> None:
    """Forget the states of layers and metrics."""
    inference.reset(model)
    with by_model():
        model.reset_metrics()


@contextlib.contextmanager
def wrapped(owner: Any, name: str, function: Callable[..., Any]) -> Iterator[None]:
    """Within, `function` is called in the place of a method, and is given that first; nothing happens without one."""
    real = getattr(owner, name, None)
    if real is None:
        yield
        return
    before = {key: value for key, value in vars(owner).items() if key == name}
    vars(owner)[name] = functools.partial(function, real)
    try:
        yield
    finally:
        del vars(owner)[name]
        vars(owner).update(before)


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
