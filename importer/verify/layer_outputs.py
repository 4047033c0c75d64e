"""Compare what every layer gives with what the old model has given there, and name the first one that differs."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Any

import numpy as np

from importer.build.rebuild import Names, Rebuilt
from importer.verify.output_dtypes import computed_in
from interchange.bundle import Bundle
from interchange.errors import Failure
from interchange.manifest import TensorRow
from interchange.messages.details import MOST_ROWS, LayerDifference
from interchange.messages.requests import ToleranceOptions
from interchange.messages.verification import FirstDifference, Verification
from interchange.text import escaped
from interchange.workers import differences, watched_calls
from interchange.workers.tolerances import HALF, Tolerance, tolerance
from interchange.workers.watched_calls import CallNumbers, Path, Place, Sample, Watch
from translation.pictures import shown

_FILE = "layers.npz"
_OTHERS = "its shape, its words, or its places of NaN and infinity are others"

Places = Mapping[Place, Place]
"""Where what an output of a layer of the old model has become is in the new one."""


def places(made: Rebuilt) -> Places:
    """Those of all outputs that a layer or operation of the new model gives."""
    return dict(_places(made.model, (), (), made.names))


def _places(model: Any, old: Path, new: Path, names: Names) -> Iterator[tuple[Place, Place]]:
    import keras

    layers = names.layers.get(id(model), {})
    if isinstance(model, keras.Sequential):
        for name, layer in layers.items():
            yield Place((*old, name)), Place((*new, layer.name))
    else:
        own = {id(node) for level in getattr(model, "_nodes_by_depth", {}).values() for node in level}
        for ref, tensor in names.outputs.get(id(model), {}).items():
            if not isinstance(tensor, keras.KerasTensor):
                continue  # what depends on no input is computed once, by no layer
            operation, number, index = tensor._keras_history
            listed = [place for place, node in enumerate(operation._inbound_nodes) if id(node) in own]
            if number in listed and not operation._inbound_nodes[number].is_input:
                there = Place((*new, operation.name), listed.index(number), index)
                yield Place((*old, ref.layer), ref.node, ref.tensor), there
    for name, layer in layers.items():
        if id(layer) in names.layers:
            yield from _places(layer, (*old, name), (*new, layer.name), names)


@dataclass
class LayerOutputs:
    """The outputs of the layers of a model in the first call in which it is watched, beside those in the bundle."""

    bundle: Bundle
    places: Places
    limits: ToleranceOptions
    found: tuple[LayerDifference, ...] = ()

    @contextlib.contextmanager
    def watched(self, model: Any) -> Iterator[None]:
        """Within, the model that was written is compared; if that fails, the failure names the first layer."""
        import keras
        import tensorflow as tf

        if _FILE not in self.bundle.manifest.files:
            yield
            return
        watch = Watch(model, tf, keras.tree.flatten, _numbers_of)
        with watched_calls.installed(keras.Operation, watch), watch.recording() as samples:
            try:
                yield
            except Failure as failure:
                self._compare(model, samples)
                raise self._named(failure) from failure.__cause__
        self._compare(model, samples)

    def _compare(self, model: Any, samples: Mapping[Place, Sample]) -> None:
        within = tolerance(computed_in(model), self.limits.rtol, self.limits.atol)
        rows = [(row, samples[self._there(row)]) for row in self.bundle.rows(_FILE) if self._there(row) in samples]
        calls = groupby(rows, key=lambda pair: (pair[0].facts["layer"], pair[0].facts["call"]))
        compared = [[self._row(*pair, within) for pair in pairs] for _, pairs in calls]
        self.found = tuple(max(outputs, key=_closeness) for outputs in compared)[:MOST_ROWS]

    def _there(self, row: TensorRow) -> Place:
        """What is nowhere in the new model is at the place of the model itself, of which there is no sample."""
        facts = row.facts
        return self.places.get(Place(tuple(facts["layer"]), facts["call"], facts["index"]), Place(()))

    def _row(self, row: TensorRow, sample: Sample, within: Tolerance) -> LayerDifference:
        facts, before = row.facts, self.bundle.read(row)
        is_float = before.dtype.kind == "f" or before.dtype.name in HALF
        allowed = within.allowed(facts["largest"], facts["noise"] or 0.0) if is_float else 0.0
        gap = _gap(before, facts, sample)
        equal = gap is not None and gap <= allowed
        call, path = facts["call"], shown(tuple(facts["layer"]))
        return LayerDifference(path, escaped(facts["class"]), gap, facts["largest"], allowed, equal, call)

    def _named(self, failure: Failure) -> Failure:
        """A difference with the first layer, in the order of the old model, that gives something else."""
        first = next((row for row in self.found if not row.equal), None)
        if first is None or "verification" not in failure.detail:
            return failure
        reason = None if first.max_abs is not None else _OTHERS
        named = FirstDifference(first.layer, first.class_name, first.max_abs, reason)
        verification = replace(Verification.from_json(failure.detail["verification"]), first_difference=named)
        detail = {**failure.detail, "verification": verification.to_json()}
        text = f"{failure.message} (first at {named.layer}, a {named.class_name})"
        return replace(failure, message=text, detail=detail)


def _numbers_of(operation: Any) -> CallNumbers | None:
    import keras

    if isinstance(operation, keras.Sequential):
        return {id(layer): (0,) for layer in operation.layers}
    if not hasattr(operation, "_nodes_by_depth"):
        return None
    return watched_calls.call_numbers(operation._nodes_by_depth, lambda node: node.operation)


def _gap(before: np.ndarray, facts: Mapping[str, Any], after: Sample) -> float | None:
    """The largest difference that is known; None for outputs that cannot be compared.

    The magnitudes of two outputs are no further apart than the outputs are somewhere.
    """
    if tuple(facts["of"]) != after.shape or (before.dtype.kind in "OSU") != (after.numbers.dtype.kind in "OSU"):
        return None
    if before.dtype.kind in "OSU":
        return 0.0 if np.array_equal(before, after.numbers) else None
    numbers = differences.largest(after.numbers, before)
    gap = max(numbers, abs(after.largest - facts["largest"]), abs(after.mean - facts["mean"]))
    return gap if np.isfinite(gap) else None


def _closeness(row: LayerDifference) -> tuple[bool, float]:
    return not row.equal, float("inf") if row.max_abs is None else row.max_abs - row.tolerance


def why_none(bundle: Bundle, rows: Sequence[LayerDifference]) -> str | None:
    """Why no layer was compared, as the bundle tells it; None if some were, or it does not tell."""
    return None if rows else bundle.json("reference.json").get("no_layers")
