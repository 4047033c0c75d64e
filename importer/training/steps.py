"""The steps of training that the exporter has made with Keras 2, made with Keras 3."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from importer.verify import inference
from interchange.bundle import Bundle
from interchange.values import Value, from_facts
from interchange.workers.raised import by_model, number_of
from translation.training.slots import LOSS_SCALE, SCALARS, slots_of

Run = Callable[[tuple[Any, ...]], Mapping[int, Any]]
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
    """Evaluate a compiled model on the first batch, and train it on all."""
    found = Found()
    found.numbers.update(_evaluated(model, batches[0]))
    in_graph = inference.loops_long(model, batches[0].inputs) and inference.can_trace(model)
    run = _runner(model, in_graph=in_graph)
    for number, batch in enumerate(batches):
        gradients = _step(model, batch, run)
        found.numbers.update({(*key, number): value for key, value in _losses(model)})
        found.gradients.update(gradients if number == 0 else {})
    found.numbers["slot", "learning_rate"] = _rate(model.optimizer)
    return found


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


def _step(model: Any, batch: Batch, run: Run) -> dict[int, Any]:
    _reset(model)
    data = _data(model, batch)
    with by_model():
        found = run(data)
    return {number: np.asarray(gradient) for number, gradient in found.items()}


def _reset(model: Any) -> None:
    """Forget the states of layers and metrics."""
    inference.reset(model)
    with by_model():
        model.reset_metrics()


def _runner(model: Any, *, in_graph: bool) -> Run:
    """What trains a model on the data of `train_step`, and gives the gradients by the ids of their weights."""
    import tensorflow as tf

    def run(data: tuple[Any, ...]) -> dict[int, Any]:
        with _gradients(model.optimizer) as gradients:
            model.train_step(data)
        return gradients

    return tf.function(run) if in_graph else run


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


def _evaluated(model: Any, batch: Batch) -> Iterator[tuple[Key, np.ndarray]]:
    _reset(model)
    data = _data(model, batch)
    with by_model():
        model.test_step(data)
    yield from _losses(model)
    yield from _metrics(model)
    with by_model():
        penalty = sum(float(np.sum(np.asarray(loss, "float64"))) for loss in model.losses)
    yield ("penalty",), np.array(penalty)


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

    vars(optimizer)["apply_gradients"] = apply_gradients
    try:
        yield kept
    finally:
        del vars(optimizer)["apply_gradients"]
