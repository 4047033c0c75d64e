"""What a model really computes: its outputs on the probes, and how far rounding alone can move them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from exporter.probes import Case
from interchange.errors import Problem, refused


def outputs(model: Any, case: Case) -> list[np.ndarray]:
    """The flattened outputs of one call at inference; stateful layers start from their initial state."""
    import tensorflow as tf

    _forget(model)
    given = [tf.constant(array) for array in case.inputs]
    structure = getattr(model, "_nested_inputs", None)
    packed = tf.nest.pack_sequence_as(structure, given) if structure is not None else given[0]
    return [np.asarray(value) for value in tf.nest.flatten(model(packed, training=False))]


def _forget(model: Any) -> None:
    """Zero the states of stateful layers; `reset_states` of Keras 2.15 trips over the states of stacked cells."""
    import tensorflow as tf

    for layer in model._flatten_layers():
        if getattr(layer, "stateful", False):
            for state in tf.nest.flatten(getattr(layer, "states", ())):
                if state is not None:
                    state.assign(tf.zeros_like(state))


def check_deterministic(model: Any, case: Case, first: Sequence[np.ndarray]) -> None:
    """Refuse a model that answers the same question in two ways: nothing could be proven about it."""
    again = outputs(model, case)
    if not all(np.array_equal(a, b, equal_nan=a.dtype.kind in "fc") for a, b in zip(first, again)):
        text = "its outputs are random at inference, so there is nothing to compare with"
        raise refused([Problem("", type(model).__name__, text)], f"{model.name}: {text}")


def noise(model: Any, case: Case, exact: Sequence[np.ndarray]) -> list[float]:
    """How far each output moves when inputs and weights move by one unit in the last place (absolute)."""
    random = np.random.default_rng(7)
    moved_case = Case(case.name, tuple(_nudged(array, random) for array in case.inputs))
    with _nudged_weights(model, random):
        moved = outputs(model, moved_case)
    return [_distance(a, b) for a, b in zip(exact, moved)]


class _nudged_weights:
    """For the length of a `with` block every floating weight lies one ulp beside its value."""

    def __init__(self, model: Any, random: np.random.Generator) -> None:
        self._variables = [v for v in model.weights if v.dtype.is_floating]
        self._random = random
        self._restore: list[Callable[[], Any]] = []

    def __enter__(self) -> None:
        for variable in self._variables:
            value = variable.numpy()
            self._restore.append(lambda variable=variable, value=value: variable.assign(value))
            variable.assign(_nudged(value, self._random))

    def __exit__(self, *_: object) -> None:
        for restore in self._restore:
            restore()


def _nudged(array: np.ndarray, random: np.random.Generator) -> np.ndarray:
    if array.dtype.kind != "f":
        return array
    toward = np.where(random.random(array.shape) < 0.5, -np.inf, np.inf).astype(array.dtype)
    # Whole numbers stay: an id in a float would become its neighbour, a mask value data.
    return np.where(array == np.round(array), array, np.nextafter(array, toward)).astype(array.dtype)


def _distance(a: np.ndarray, b: np.ndarray) -> float:
    if a.dtype.kind != "f" or a.shape != b.shape or not a.size:
        return 0.0
    gap = np.abs(a.astype("float64") - b.astype("float64"))
    finite = gap[np.isfinite(gap)]
    return float(finite.max()) if finite.size else 0.0


def rows(cases: Sequence[Case], results: Sequence[Sequence[np.ndarray]], names: Sequence[str]) -> Iterator[Any]:
    """Probes and outputs as (facts, array) for the bundle."""
    for case, values in zip(cases, results):
        for index, array in enumerate(case.inputs):
            yield {"case": case.name, "role": "input", "index": index}, array
        for index, array in enumerate(values):
            name = names[index] if index < len(names) else str(index)
            yield {"case": case.name, "role": "output", "index": index, "name": name}, array
