"""Completeness: of every class and key of the installed Keras 2.15, somebody has decided what becomes of it."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

import pytest

from keras2to3.scanner.allowlist.names import ADDONS, APPLICATIONS
from tests.models.minimal_objects import KEYS, architecture, class_of, parameters
from translation import keras2_to_runnable
from translation.keras2_to_3.graph import OPERATORS
from translation.keras2_to_3.rules import table
from translation.keras2_to_3.training_calls import ACTING, HANDING_ON
from translation.keras2_to_3.translate import translate

# Inputs `translate` reads by itself, and calls of functions are for the table of operators.
READ_OTHERWISE = {"InputLayer", *OPERATORS}
# Arguments of constructors that no config names: they are every layer's, or are used up in the constructor.
EVERY_LAYERS = {"name", "dtype", "trainable", "dynamic"}
USED_UP = {"Bidirectional": {"weights"}}
# The base class of each kind, and the module whose deserialiser knows all of the kind.
KINDS = {"layers": "Layer", "initializers": "Initializer", "regularizers": "Regularizer", "constraints": "Constraint"}


def classes(keras: Any, kind: str) -> set[str]:
    """The names Keras 2.15 writes for the classes of a kind, whatever it exports them as or reads them by."""
    base = getattr(getattr(keras, kind), KINDS[kind])
    candidates = [*exported(kind), *resolved(kind)]
    return {value.__name__ for value in candidates if inspect.isclass(value) and issubclass(value, base)}


def exported(kind: str) -> list[Any]:
    """Every public symbol of a kind, those of the compatible, internal and experimental namespaces too."""
    from tensorflow.python.util import tf_export

    symbols = tf_export._NAME_TO_SYMBOL_MAPPING.items()
    return [value for name, value in symbols if f".{kind}." in name or "keras.experimental." in name]


def resolved(kind: str) -> list[Any]:
    """What the deserialiser of a kind resolves, aliases and private classes included."""
    module = import_module("keras.src.layers.serialization" if kind == "layers" else f"keras.src.{kind}")
    if hasattr(module, "populate_deserializable_objects"):
        module.populate_deserializable_objects()
        return list(module.LOCAL.ALL_OBJECTS.values())
    return list(vars(module).values())


@pytest.mark.parametrize("kind", KINDS)
def test_every_class_is_decided(keras: Any, kind: str) -> None:
    others = {*READ_OTHERWISE, *keras2_to_runnable.TABLE} if kind == "layers" else set()
    decided = {name for of, name in table() if of == kind} | others
    assert classes(keras, kind) - decided == set()


@pytest.mark.parametrize("kind", KINDS)
def test_every_rule_is_of_a_class_that_exists(keras: Any, kind: str) -> None:
    applications = {name.removeprefix("Custom>") for name in APPLICATIONS} | ADDONS
    assert {name for of, name in table() if of == kind} - applications - classes(keras, kind) == set()


@pytest.mark.parametrize(("kind", "name"), KEYS)
def test_every_argument_of_a_constructor_is_decided(keras: Any, kind: str, name: str) -> None:
    taken = {parameter.name for parameter in parameters(class_of(keras, kind, name))}
    assert taken - EVERY_LAYERS - USED_UP.get(name, set()) - table()[kind, name].keys == set()


@pytest.mark.parametrize(("kind", "name"), KEYS)
def test_every_key_of_a_config_is_decided(keras: Any, kind: str, name: str) -> None:
    assert [str(problem) for problem in translate(architecture(keras, kind, name)).problems] == []


def test_every_activation_is_decided(keras: Any) -> None:
    """Those that are no activations but helpers of the module take no single tensor."""
    helpers = {"deserialize", "serialize", "get"}
    public = {name for name in dir(keras.activations) if not name.startswith("_")} - helpers
    assert {name for kind, name in table() if kind == "activations"} >= public


def test_of_every_layer_that_takes_training_it_is_known_when_it_acts(keras: Any) -> None:
    decided = [name for kind, name in table() if kind == "layers" and not table()[kind, name].refused]
    found = [layer for layer in [*exported("layers"), *resolved("layers")] if getattr(layer, "__name__", "") in decided]
    taking = {layer.__name__ for layer in found if "training" in inspect.signature(layer.call).parameters}
    assert taking - ACTING.keys() - HANDING_ON == set()
    assert {"Dropout", "RandomFlip", "TimeDistributed"} <= taking
