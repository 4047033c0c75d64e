"""Prove that a compiled model goes on training as the old one did, by what the exporter has recorded of that."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from importer.restore import zero_copy
from importer.training import judging, steps
from importer.training.judging import Truth
from importer.training.steps import Found, Key
from importer.verify.output_dtypes import computed_in
from interchange.bundle import Bundle
from interchange.manifest import TensorRow
from interchange.messages.changes import Change
from interchange.messages.training import TrainingComparison, TrainingVerification
from interchange.weight_key import WeightKey
from interchange.workers.parts import part
from interchange.workers.quiet_layers import silence
from interchange.workers.raised import ModelError
from interchange.workers.tolerances import size, tolerance

NAME = "training_reference"
"""The name of the files, without suffix."""

_WEIGHTS, _OPTIMIZER = "weights.npz", "optimizer.npz"
_KIND = "training-only"
_AVERAGE = "model_variables_moving_average"
_SHOWN = 3


def compared(model: Any, places: Mapping[WeightKey, Any], bundle: Bundle) -> TrainingVerification:
    """The comparison of the next steps of a compiled model, which it changes.

    `places` has a weight of the model for every weight of the bundle, and how its tensor was recast.
    """
    import keras

    if f"{NAME}.json" not in bundle.manifest.files:
        return TrainingVerification(0, 0, (), why="the bundle does not say how the old model goes on")
    facts = bundle.json(f"{NAME}.json")
    designs = tuple(each["text"] for each in facts["by_design"])
    why = facts["why"]
    if why is None and keras.backend.backend() != "tensorflow":
        why = "the reference is computed with TensorFlow, and Keras 3 trains with another backend"
    if why is not None:
        return TrainingVerification(0, 0, (), designs, why)
    silence(model._flatten_layers())
    trainable = _trainable(model, places, bundle)
    try:
        rows = [trainable, *_Proof.of(model, places, bundle).rows()]
    except ModelError as error:
        reason = f"Keras 3 cannot train it: {error}"
        rows = [trainable, TrainingComparison("loss", "loss", None, 0.0, equal=False, reason=reason)]
    return TrainingVerification(facts["steps"], facts["samples"], tuple(rows), designs)


def told(bundle: Bundle) -> list[Change]:
    """Lines for the report about what Keras 3 computes otherwise in training, and what else is to be known of it."""
    name = f"{NAME}.json"
    facts = bundle.json(name) if name in bundle.manifest.files else {"by_design": [], "remarks": []}
    return [Change("", row["rule"], _KIND, row["text"]) for row in (*facts["by_design"], *facts["remarks"])]


def unmeasured(changes: Sequence[Change], measured: Sequence[Change]) -> list[Change]:
    """The lines without those that say the same as a line with a figure: of the whole model, or of its optimizer."""
    import keras

    rules = {change.rule for change in measured if change.kind == _KIND}
    own = {rule for rule in rules if not hasattr(keras.layers, rule)}
    return [
        change for change in changes if change.kind != _KIND or change.rule not in (rules if not change.layer else own)
    ]


def _trainable(model: Any, places: Mapping[WeightKey, Any], bundle: Bundle) -> TrainingComparison:
    """Whether the same weights are trained, by their paths."""
    mine = {id(variable) for variable in model.trainable_variables}
    rows = {WeightKey.from_facts(row.facts): row.facts["trainable"] for row in bundle.rows(_WEIGHTS)}
    wrong = sorted(key for key, place in places.items() if key in rows and rows[key] != (id(place.variable) in mine))
    reason = None
    if wrong:
        told = ", ".join(f"{_named(key)} is {'frozen' if rows[key] else 'trained'}" for key in wrong[:_SHOWN])
        reason = f"{told}{' and others' if len(wrong) > _SHOWN else ''}"
    return TrainingComparison("trainable", "weights", float(len(wrong)), 0.0, not wrong, reason)


@dataclass(frozen=True)
class _Proof:
    """A model, its weights by their keys and shapes in Keras 2, and the bundle that has what they were and became."""

    model: Any
    bundle: Bundle
    places: Mapping[WeightKey, Any]
    shapes: Mapping[WeightKey, tuple[int, ...]]

    @classmethod
    def of(cls, model: Any, places: Mapping[WeightKey, Any], bundle: Bundle) -> _Proof:
        shapes = {WeightKey.from_facts(row.facts): tuple(row.shape) for row in bundle.rows(_WEIGHTS)}
        return cls(model, bundle, places, shapes)

    def rows(self) -> Iterator[TrainingComparison]:
        """Every comparison, in the order of the recording."""
        before = self._before()
        found = steps.run(self.model, steps.recorded(self.bundle, f"{NAME}.npz"))
        numbers = {**found.numbers, **self._gradients(found), **self._changes(before)}
        truths = [row for row in self.bundle.rows(f"{NAME}.npz") if row.facts["role"] == "result"]
        within, scales = tolerance(computed_in(self.model)), _scales(truths, self.bundle)
        truths = [row for row in truths if _key(row.facts) in numbers or not _is_told_as_total(row, numbers)]
        for row in truths:
            key = _key(row.facts)
            truth = _truth(row, self.bundle.read(row), before.get(key), scales)
            yield judging.judged(truth, numbers.get(key), within)
        yield from self._others(numbers, {_key(row.facts) for row in truths})

    def _before(self) -> dict[Key, np.ndarray]:
        """What weights and slots hold before the first step: what the bundle says, or else what a new slot has."""
        held = {("slot", row.facts["slot"], *_owner(row.facts)): row for row in self._stored_slots()}
        stored = {("weight", None, *_owner(row.facts)): row for row in self.bundle.rows(_WEIGHTS)}
        before = {key: part(np.asarray(self.bundle.read(row))) for key, row in {**stored, **held}.items()}
        own = ((key, value) for key, value in self._variables() if key not in before)
        fresh = {key: self._part(key, value) for key, value in own}
        begun = {key: before[("weight", None, *key[2:])] for key in fresh if key[1] == _AVERAGE}  # in Keras 2
        return {**before, **fresh, **begun}

    def _stored_slots(self) -> Sequence[TensorRow]:
        return self.bundle.rows(_OPTIMIZER) if _OPTIMIZER in self.bundle.manifest.files else ()

    def _variables(self) -> Iterator[tuple[Key, Any]]:
        """Every weight and slot of the model by its key."""
        keys = {id(place.variable): key for key, place in self.places.items()}
        for key, place in self.places.items():
            yield ("weight", None, *key), place.variable
        for slot, weight, value in steps.variables(self.model.optimizer):
            if weight is None or id(weight) in keys:
                yield ("slot", slot, *(() if weight is None else keys[id(weight)])), value

    def _changes(self, before: Mapping[Key, np.ndarray]) -> dict[Key, np.ndarray]:
        """What every weight and slot has changed by; shapes that differ are told as they are."""
        changes = {}
        for key, variable in self._variables():
            now, then = self._part(key, variable), before[key]
            is_alike = now.shape == then.shape
            changes[key] = now.astype("float64") - then.astype("float64") if is_alike else now
        return changes

    def _gradients(self, found: Found) -> dict[Key, np.ndarray]:
        return {
            ("gradient", None, *key): self._recast(key, found.gradients[id(place.variable)])
            for key, place in self.places.items()
            if id(place.variable) in found.gradients
        }

    def _part(self, key: Key, variable: Any) -> np.ndarray:
        value = zero_copy.shown(variable)
        owner = WeightKey(*key[2:]) if len(key) > 2 else None
        return part(value) if owner is None else self._recast(owner, value)

    def _recast(self, key: WeightKey, value: np.ndarray) -> np.ndarray:
        """The part of a tensor in the shape that the weight had; a tensor of another shape than the weight stays."""
        place = self.places[key]
        if place.recast is None or value.shape != tuple(place.variable.shape):
            return part(value)
        return part(np.asarray(place.recast.backward(value, self.shapes[key])))

    def _others(self, numbers: Mapping[Key, np.ndarray], known: set[Key]) -> Iterator[TrainingComparison]:
        """What the old model does not have: gradients, losses and metrics; of slots only those that have changed."""
        for key in numbers.keys() - known:
            if np.any(numbers[key]):
                reason = "the old model has none"
                name = " ".join(str(each) for each in key[1:] if each is not None)
                yield TrainingComparison(key[0], name or key[0], None, 0.0, equal=False, reason=reason)


def _key(facts: Mapping[str, Any]) -> Key:
    """What a recorded number is, as the steps of Keras 3 name theirs."""
    quantity = facts["quantity"]
    if quantity == "loss":
        return (quantity, facts.get("output"), *([facts["step"]] if "step" in facts else []))
    if quantity == "metric":
        return quantity, facts["output"], facts["weighted"], facts["index"]
    return (quantity,) if quantity == "penalty" else (quantity, facts.get("slot"), *_owner(facts))


def _is_told_as_total(row: TensorRow, numbers: Mapping[Key, np.ndarray]) -> bool:
    """Whether a row is the loss of an output that is the only one with a loss: Keras 3 has the total alone."""
    is_of_output = row.facts["quantity"] == "loss" and row.facts.get("output") is not None
    return is_of_output and not any(key[0] == "loss" and key[1] is not None for key in numbers)


def _owner(facts: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(WeightKey.from_facts(facts)) if "layer" in facts else ()


def _truth(row: TensorRow, value: np.ndarray, held: np.ndarray | None, scales: Mapping[Key, float]) -> Truth:
    facts = row.facts
    largest, typical = facts["noise"]
    noise = None if largest is None or typical is None else (largest, typical)
    return Truth(facts["quantity"], _name(facts), value, noise, held, scales[_group(facts)])


def _group(facts: Mapping[str, Any]) -> Key:
    """What is of one kind, and so of a size: all gradients, or all slots of a name."""
    return facts["quantity"], facts.get("slot")


def _scales(rows: Sequence[TensorRow], bundle: Bundle) -> dict[Key, float]:
    """The largest value of each kind."""
    scales: dict[Key, float] = {}
    for row in rows:
        group = _group(row.facts)
        scales[group] = max(scales.get(group, 0.0), size(bundle.read(row)))
    return scales


def _name(facts: Mapping[str, Any]) -> str:
    """A loss or metric by its name, a weight by its path, after it its slot."""
    if "name" in facts:
        return f"{facts['name']} of step {facts['step'] + 1}" if "step" in facts else str(facts["name"])
    words = [_named(WeightKey.from_facts(facts))] if "layer" in facts else []
    return " ".join([*words, facts["slot"]] if "slot" in facts else words)


def _named(key: WeightKey) -> str:
    return "/".join([*key.path, key.name])
