"""The states of stacked cells, which the first versions of Keras 2 had from the last cell to the first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from translation.config_tree import Entry, is_model

# How many states a cell has.
_STATES = {"LSTMCell": 2, "GRUCell": 1, "SimpleRNNCell": 1}


def is_stacked(entry: Entry) -> bool:
    """Whether an entry is an RNN over stacked cells."""
    config = entry.get("config")
    cell = config.get("cell") if isinstance(config, Mapping) else None
    return (
        entry.get("class_name") == "RNN" and isinstance(cell, Mapping) and cell.get("class_name") == "StackedRNNCells"
    )


def gives_states(entry: Entry) -> bool:
    """Whether the states go out of a layer."""
    return bool(entry["config"].get("return_state"))


def takes_states(entry: Entry) -> bool:
    """Whether states come in: a call has then more than one tensor."""
    return any(isinstance(call, list) and len(call) > 1 for call in entry.get("inbound_nodes") or [])


def order(entry: Entry) -> list[int] | None:
    """The number in Keras 2.15 of each tensor that a layer returned; None if a cell has an unknown number of states."""
    cells = entry["config"]["cell"]["config"]["cells"]
    counts = [_STATES.get(cell["class_name"]) for cell in cells]
    if None in counts:
        return None
    today = [(number, state) for number, count in enumerate(counts) for state in range(int(count or 0))]
    before = sorted(today, key=lambda each: (-each[0], each[1]))
    return [0, *(1 + today.index(each) for each in before)]


def renumbered(model: Entry, orders: Mapping[str, list[int]]) -> Entry:
    """A model in which the tensors of layers, by their names, have the numbers of today."""
    if not orders or not is_model(model):
        return model
    config = model["config"]
    layers = [
        {**layer, "inbound_nodes": _renumbered(layer["inbound_nodes"], orders)} if "inbound_nodes" in layer else layer
        for layer in config["layers"]
    ]
    return {
        **model,
        "config": {**config, "layers": layers, "output_layers": _renumbered(config["output_layers"], orders)},
    }


def _renumbered(value: Any, orders: Mapping[str, list[int]]) -> Any:
    if isinstance(value, Mapping):
        return {key: _renumbered(item, orders) for key, item in value.items()}
    if not isinstance(value, list):
        return value
    if len(value) > 2 and isinstance(value[0], str) and isinstance(value[2], int):
        known = orders.get(value[0], [])
        number = known[value[2]] if value[2] < len(known) else value[2]
        return [value[0], value[1], number, *(_renumbered(item, orders) for item in value[3:])]
    return [_renumbered(item, orders) for item in value]
