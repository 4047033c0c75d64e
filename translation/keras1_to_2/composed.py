"""Layers of Keras 1 that become a model of several layers of Keras 2."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from translation.keras1_to_2.file_facts import Facts
from translation.keras1_to_2.keys import KEYS

Config = Mapping[str, Any]
Entry = Mapping[str, Any]

# The axis of its first array along which a layer takes its input.
_WIDTHS = {"Highway": 0, "MaxoutDense": 1}


def width(name: str, facts: Facts, layer: str) -> int | None:
    """How wide the input of a layer is, by its stored kernel; None where none is stored."""
    axis = _WIDTHS[name]
    shapes = [shape for shape in (facts.shapes or {}).get(layer, ()) if len(shape) == axis + 2]
    return shapes[0][axis] if shapes else None


def _entry(name: str, config: Config, *inputs: str) -> Entry:
    nodes = [[[source, 0, 0, {}] for source in inputs]] if inputs else []
    return {"class_name": name, "name": config["name"], "config": config, "inbound_nodes": nodes}


def _model(config: Config, width: int, *layers: Entry) -> Config:
    start = _entry("InputLayer", {"name": "input", "batch_input_shape": [None, width], "dtype": "float32"})
    entries = [start, *layers]
    return {
        "name": config["name"],
        "trainable": config.get("trainable", True),
        "layers": entries,
        "input_layers": [["input", 0, 0]],
        "output_layers": [[entries[-1]["name"], 0, 0]],
    }


def _dense(config: Config, name: str, units: int, *keys: str, **settings: Any) -> Config:
    """A Dense layer with some arguments of Keras 1."""
    decisions = [KEYS[key].decide(config) for key in keys if key in config]
    taken = {key: value for decision in decisions for key, value in decision.settings.items()}
    return {"name": name, "units": units, **taken, "trainable": config.get("trainable", True), **settings}


def _highway(config: Config, width: int) -> Config:
    """`gate * act(x @ W + b) + (1 - gate) * x`, where the gate is a sigmoid of a Dense layer of its own."""
    shaped = ("init", "bias")
    kept = ("W_regularizer", "b_regularizer", "W_constraint", "b_constraint", "activation")
    gate = _dense(config, "carry", width, *shaped, activation="sigmoid", bias_initializer="ones")
    return _model(
        config,
        width,
        _entry("Dense", gate, "input"),
        _entry("Dense", _dense(config, "transform", width, *shaped, *kept), "input"),
        _entry("Subtract", {"name": "change"}, "transform", "input"),
        _entry("Multiply", {"name": "gated"}, "carry", "change"),
        _entry("Add", {"name": "output"}, "input", "gated"),
    )


def _maxout(config: Config, width: int) -> Config:
    """The largest of several Dense layers: one that is as wide as all of them, and the maximum over its parts."""
    units, features = config["output_dim"], config.get("nb_feature", 4)
    return _model(
        config,
        width,
        _entry("Dense", _dense(config, "features", units * features, "init", "bias"), "input"),
        _entry("Reshape", {"name": "apart", "target_shape": [features, units]}, "features"),
        _entry("GlobalMaxPooling1D", {"name": "output"}, "apart"),
    )


COMPOSED: Mapping[str, Callable[[Config, int], Config]] = {"highway": _highway, "maxout": _maxout}
"""By the `composed` of a rule: the config of a model, from that of Keras 1 and the width of its input."""
