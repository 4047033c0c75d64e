"""The steps of training that the exporter has made with Keras 2, made with Keras 3."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from importer.verify import inference
from interchange.bundle import Bundle
from interchange.values import Value, from_facts
from interchange.workers.raised import by_model, number_of
from translation.training.slots import LOSS_SCALE, SCALARS, slots_of

Seen = tuple[Mapping[int, Any], Any]
"""What a step computes before it changes anything: all gradients by the ids of their weights, and the penalty."""
Run = Callable[[tuple[Any, ...]], Seen]
Key = tuple[Any, ...]
"""What a number or tensor is: its quantity, and what tells it from others of that."""
Variables = Mapping[Key, Any]


@dataclass(frozen=True)
class Batch:
    """What one step is given: a value for each input, a target for each output, and their sample weights, if any."""

    inputs: Sequence[Value]
    targets: Sequence[np.ndarray]
    weights: Sequence[np.ndarray] = ()


@dataclass
class Found:
    """What the steps came to: numbers by their keys, and the first gradients by the ids of their weights."""

    numbers: dict[Key, np.ndarray] = field(default_factory=dict)
    gradients: dict[int, Any] = field(default_factory=dict)


def recorded(bundle: Bundle, name: str) -> list[Batch]:
    """The batches of a recording."""
    rows = [row for row in bundle.rows(name) if row.facts["role"] != "result"]

    def values(role: str, step: int) -> list[Value]:
        chosen = [row for row in rows if row.facts["role"] == role and row.facts["step"] == step]
        return [from_facts(bundle.read(row), row.facts) for row in chosen]

    return [
        Batch(
            values("input", step), *(list(map(np.asarray, values(role, step))) for role in ("target", "sample_weight"))
        )
        for step in sorted({row.facts["step"] for row in rows})
    ]


def run(model: Any, batches: Sequence[Batch]) -> Found:
    """Train a compiled model on all batches."""
    found = Found()
    run = _traced(model, batches[0]) if _is_for_graph(model, batches[0]) else _runner(model)
    for number, batch in enumerate(batches):
        gradients, penalty = _step(model, batch, run)
        found.numbers.update({(*key, number): value for key, value in _losses(model)})
        if number == 0:
            found.numbers.update(_metrics(model))
            found.numbers["penalty",] = np.asarray(penalty)
            found.gradients = {number: np.asarray(gradient) for number, gradient in gradients.items()}
    found.numbers["slot", "learning_rate"] = _rate(model.optimizer)
    return found


def _is_for_graph(model: Any, batch: Batch) -> bool:
    """Whether steps are traced because that takes less time."""
    return inference.loops_long(model, batch.inputs) and inference.can_trace(model)


def variables(optimizer: Any) -> Iterator[tuple[str, Any, Any]]:
    """The name of each slot, the weight it belongs to or None, and the variable of Keras 3 that holds it."""
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    for owner, slots in ((inner, SCALARS), (optimizer, LOSS_SCALE if inner is not optimizer else ())):
        for slot in slots:
            value = getattr(owner, slot.keras_3 or "", None)
            if hasattr(value, "assign") and slot.name != "learning_rate":
                yield slot.name, None, value
    for slot in next((slots for base in type(inner).__mro__ if (slots := slots_of(base.__name__))), ()):
        for weight, value in zip(inner._trainable_variables, getattr(inner, slot.keras_3 or "", None) or ()):
            if value is not None:
                yield slot.name, weight, value


def _rate(optimizer: Any) -> np.ndarray:
    """The learning rate of the next step."""
    import keras

    inner = getattr(optimizer, "inner_optimizer", optimizer)
    with by_model():
        return np.asarray(keras.ops.convert_to_numpy(inner.learning_rate), "float32")


def _step(model: Any, batch: Batch, run: Run) -> Seen:
    _reset(model)
    data = _data(model, batch)
    with by_model():
        return run(data)


def _reset(model: Any) -> None:
    """Forget the states of layers and metrics."""
    inference.reset(model)
    with by_model():
        model.reset_metrics()


def _runner(model: Any) -> Run:
    """What trains a model on the data of `train_step`."""

    def run(data: tuple[Any, ...]) -> Seen:
        with _gradients(model.optimizer) as gradients, _penalty(model) as penalty:
            model.train_step(data)
        return gradients, penalty[0]

    return run


def _traced(model: Any, batch: Batch) -> Run:
    """The same, traced for batches like this one."""
    import tensorflow as tf

    inference.reset(model)
    data = _data(model, batch)
    with by_model():
        run: Run = tf.function(_runner(model), autograph=False).get_concrete_function(data)
    return run


def _data(model: Any, batch: Batch) -> tuple[Any, ...]:
    """A batch as `train_step` takes it."""
    values = [_like_outputs(model, each) for each in (batch.targets, batch.weights) if each]
    return (inference.packed(model, batch.inputs), *values)


def _like_outputs(model: Any, values: Sequence[np.ndarray]) -> Any:
    import keras

    tensors = [keras.ops.convert_to_tensor(value) for value in values]
    structure = getattr(model, "_outputs_struct", None)
    if structure is None:
        return tensors[0] if len(tensors) == 1 else tensors
    return keras.tree.pack_sequence_as(structure, tensors)


def _losses(model: Any) -> Iterator[tuple[Key, np.ndarray]]:
    """The loss of all outputs with penalties, and of each output, if there are several."""
    yield ("loss", None), number_of(model._loss_tracker)
    losses = model._compile_loss
    if losses is None:
        return
    for loss, metric in zip(losses._flat_losses, losses.metrics):
        place = loss.path[0]
        output = place if isinstance(place, int) else list(model.output_names).index(place)
        yield ("loss", output), number_of(metric)


def _metrics(model: Any) -> Iterator[tuple[Key, np.ndarray]]:
    container = model._compile_metrics
    if container is None or not container.built:
        return
    for weighted, groups in enumerate((container._flat_metrics, container._flat_weighted_metrics)):
        for output, group in enumerate(groups):
            for index, metric in enumerate(group.metrics if group else ()):
                yield ("metric", output, bool(weighted), index), number_of(metric)


@contextlib.contextmanager
def _gradients(optimizer: Any) -> Iterator[dict[int, Any]]:
    """Within, all gradients that an optimizer is given are kept by the ids of their weights."""
    import tensorflow as tf

    kept: dict[int, Any] = {}
    real = optimizer.apply_gradients
    scale = getattr(optimizer, "dynamic_scale", optimizer.loss_scale_factor)

    def apply_gradients(pairs: Any, *args: Any, **options: Any) -> Any:
        given = list(pairs)
        for gradient, variable in given:
            if gradient is not None:
                whole = tf.convert_to_tensor(gradient)
                kept[id(variable)] = whole if scale is None else whole / tf.cast(scale, whole.dtype)
        return real(given, *args, **options)

    with _wrapped(optimizer, "apply_gradients", apply_gradients):
        yield kept


@contextlib.contextmanager
def _penalty(model: Any) -> Iterator[list[Any]]:
    """Within, the sum of the losses that layers add is kept."""
    import tensorflow as tf

    kept: list[Any] = []
    real = model.compute_loss

    @functools.wraps(real)
    def compute_loss(*args: Any, **options: Any) -> Any:
        sums = (tf.cast(tf.reduce_sum(loss), "float64") for loss in model.losses)
        kept.append(sum(sums, tf.constant(0.0, "float64")))
        return real(*args, **options)

    with _wrapped(model, "compute_loss", compute_loss):
        yield kept


@contextlib.contextmanager
def _wrapped(owner: Any, name: str, function: Callable[..., Any]) -> Iterator[None]:
    """Within, `function` is called in the place of a method, of which Keras is not told."""
    vars(owner)[name] = function
    try:
        yield
    finally:
        del vars(owner)[name]
