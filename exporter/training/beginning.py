"""The state that training begins with: put back from the bundle, so that no second copy of it is in memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from exporter.describe import description
from exporter.restore.zero_copy import assign
from exporter.training import slot_values
from exporter.training.state import slot_of
from interchange.bundle import BundleWriter
from interchange.weight_key import WeightKey
from interchange.workers.raised import by_model

_WEIGHTS, _OPTIMIZER = "weights.npz", "optimizer.npz"


@dataclass(frozen=True)
class State:
    """Where the state of a model is: in the bundle, and slots that are not there in `fresh`, each with its variable."""

    writer: BundleWriter
    weights: Mapping[WeightKey, Any]
    stored: Mapping[tuple[str, WeightKey | None], Any]
    fresh: Sequence[tuple[Any, np.ndarray]]

    @classmethod
    def of(cls, model: Any, writer: BundleWriter) -> State:
        """The state of a model whose weights, and whose slots if there are any, are in the bundle."""
        weights = {WeightKey(path, name): variable for path, name, variable in description.variables(model)}
        names = {slot_of(facts) for facts in writer.facts(_OPTIMIZER)}
        held = {slot_of(facts): variable for facts, variable in slot_values.held(model)}
        fresh = [(value, _kept(np.asarray(value))) for name, value in held.items() if name not in names]
        return cls(writer, weights, {name: value for name, value in held.items() if name in names}, fresh)

    def restore(self, model: Any) -> None:
        """Put everything back."""
        for facts, array in self.writer.written(_WEIGHTS):
            assign(self.weights[WeightKey.from_facts(facts)], array)
        if self.stored:
            for facts, array in self.writer.written(_OPTIMIZER):
                if slot_of(facts) in self.stored:
                    assign(self.stored[slot_of(facts)], array)
        for variable, array in self.fresh:
            variable.assign(array)
        with by_model():
            model.reset_metrics()


def _kept(array: np.ndarray) -> np.ndarray:
    """A copy, which takes no memory where all values are the same, as in a slot that is new."""
    first = array.reshape(-1)[:1]
    if array.size and (array == first).all():
        return np.broadcast_to(first.reshape(()).copy(), array.shape)
    return array.copy()
