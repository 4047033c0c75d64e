"""One object of every class that has a rule, made with no more arguments than its constructor demands.

`keras` is Keras 2 wherever it appears: Keras 2.15 in one environment, tf_keras in the other.
"""

from __future__ import annotations

import inspect
import json
from importlib import import_module
from typing import Any

from translation.keras2_to_3.rules import table

# A Lambda is made of a function, an InstanceMethod of a call: see
# tests/models/lambdas.py and tests/keras3/test_decompositions.py.
_MADE_OTHERWISE = {("layers", "Lambda"), ("layers", "InstanceMethod")}
# What a model computes is made of them; what it is compiled with is in tests/models/training_objects.py.
KINDS = ("layers", "initializers", "regularizers", "constraints")
KEYS = sorted(
    (kind, name)
    for (kind, name), rule in table().items()
    if kind in KINDS and ">" not in name and not rule.refused and (kind, name) not in _MADE_OTHERWISE
)
# Where `keras.applications` keeps layers of its own.
_APPLICATIONS = ("convnext", "inception_resnet_v2")
# What constructors demand, by the name of the argument.
ARGUMENTS = {
    "activation": "relu",
    "axes": 1,
    "bin_boundaries": [-1.0, 0.5],
    "dims": [2, 1],
    "drop_path_rate": 0.5,
    "equation": "ab,bc->ac",
    "factor": 0.5,
    "filters": 2,
    "height": 4,
    "height_factor": 0.5,
    "init_values": 0.5,
    "input_dim": 5,
    "kernel_size": 2,
    "key_dim": 2,
    "n": 2,
    "num_bins": 3,
    "num_heads": 2,
    "num_tokens": 3,
    "output_dim": 3,
    "output_shape": 4,
    "projection_dim": 3,
    "rate": 0.5,
    "scale": 2.0,
    "stddev": 0.5,
    "target_shape": [2, 3],
    "unconditional": False,
    "units": 2,
    "width": 4,
    "width_factor": 0.5,
}
# What a constructor demands although it has a default for it.
DEMANDED_LATER = {"CategoryEncoding": ["num_tokens"], "Discretization": ["bin_boundaries"]}


def class_of(keras: Any, kind: str, name: str) -> Any:
    """The class of Keras 2, wherever its namespace keeps it."""
    applications = (import_module(f"{keras.__name__}.src.applications.{name}") for name in _APPLICATIONS)
    engine = import_module(f"{keras.__name__}.src.engine.base_layer")
    homes = (getattr(keras, kind), keras.layers.experimental, *applications, engine)
    return next(getattr(home, name) for home in homes if hasattr(home, name))


def parameters(of: Any) -> list[inspect.Parameter]:
    """What a constructor takes by name, without `self`."""
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [p for p in list(inspect.signature(of.__init__).parameters.values())[1:] if p.kind not in variadic]


def minimal(keras: Any, kind: str, name: str, **given: Any) -> Any:
    """The object: with a cell or a layer inside where it wraps one, and with whatever else is `given`."""
    layers = keras.layers
    inner = {
        "cell": lambda: layers.GRUCell(2),
        "cells": lambda: [layers.GRUCell(2)],
        "layer": lambda: layers.LSTM(2) if name == "Bidirectional" else layers.Dense(2),
    }
    of = class_of(keras, kind, name)
    demanded = [p.name for p in parameters(of) if p.default is p.empty] + DEMANDED_LATER.get(name, [])
    made = {key: inner[key]() if key in inner else ARGUMENTS[key] for key in demanded if key not in given}
    return of(**made, **given)


def architecture(keras: Any, kind: str, name: str) -> Any:
    """The architecture of a model of this one object; what is no layer stands within a Dense."""
    made = minimal(keras, kind, name)
    if kind != "layers":
        key = {"initializers": "kernel_initializer", "regularizers": "kernel_regularizer"}.get(
            kind, "kernel_constraint"
        )
        made = keras.layers.Dense(2, **{key: made})
    return json.loads(keras.Sequential([made]).to_json())
