"""What an optimizer of Keras 2 keeps from step to step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from exporter.training import optimizer_variables, state
from exporter.training.optimizer_variables import LEARNING_RATE, inner, is_legacy


def held(model: Any) -> Iterator[tuple[Mapping[str, Any], Any]]:
    """Every variable that an optimizer reads and its steps change, by the facts of the bundle, in a fixed order."""
    keys = state.keys_of(model)
    for row in optimizer_variables.variables(model.optimizer, model.trainable_variables):
        if row.variable is not None and row.slot is not LEARNING_RATE and not state.is_unused(row, model.optimizer):
            yield state.facts_of(row, keys), row.variable


def learning_rate(optimizer: Any) -> Any:
    """The learning rate of the next step; a legacy Nadam has a decay that is not of its learning rate."""
    own = inner(optimizer)
    if is_legacy(own):
        return own._get_hyper("learning_rate", "float32") if hasattr(own, "_m_cache") else own._decayed_lr("float32")
    rate = own._learning_rate
    return rate(own.iterations) if callable(rate) else rate
