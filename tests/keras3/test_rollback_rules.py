"""Completeness: of every class and key of the installed Keras 3, somebody has decided how it goes back."""

from __future__ import annotations

import inspect
from typing import Any

import keras
import pytest

from translation.keras3_to_2.decided import rules_of, undecided
from translation.keras3_to_2.rules import table

# The base class of each kind.
KINDS = {"layers": "Layer", "initializers": "Initializer", "regularizers": "Regularizer", "constraints": "Constraint"}
# What every layer has, what only a constructor is given, and inputs, which `Objects.input` reads.
EVERY_LAYERS = {"name", "dtype", "trainable", "autocast"}
USED_UP = {"Bidirectional": {"weights"}, "Embedding": {"weights"}}
READ_OTHERWISE = {"InputLayer"}


def classes(kind: str) -> dict[str, Any]:
    """The public classes of a kind, by the names that Keras writes for them."""
    base = getattr(getattr(keras, kind), KINDS[kind])
    found = vars(getattr(keras, kind)).values()
    return {value.__name__: value for value in found if inspect.isclass(value) and issubclass(value, base)}


def keys(made: Any) -> set[str]:
    """The arguments that the constructor of a class names."""
    ways = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = inspect.signature(made.__init__).parameters.values()
    return {each.name for each in parameters if each.kind not in ways and each.name != "self"}


@pytest.mark.parametrize("kind", KINDS)
def test_every_class_is_decided(kind: str) -> None:
    bases = {"Initializer", "Regularizer", "Constraint"}
    names = set(classes(kind)) - READ_OTHERWISE - bases
    assert {name for name in names if rules_of(kind, name) is None} == set()
    assert names


@pytest.mark.parametrize("kind", KINDS)
def test_every_key_of_a_constructor_is_decided(kind: str) -> None:
    open_keys = {
        name: undecided(kind, name, keys(made) - EVERY_LAYERS - USED_UP.get(name, set()))
        for name, made in classes(kind).items()
        if name not in READ_OTHERWISE
    }
    assert {name: found for name, found in open_keys.items() if found} == {}


@pytest.mark.parametrize(
    ("kind", "name"), sorted(key for key, rule in table().items() if key[0] in KINDS and not rule.refused)
)
def test_every_rule_is_of_a_class_that_exists(kind: str, name: str) -> None:
    assert name in classes(kind) or hasattr(getattr(keras, kind), name)


def test_every_activation_is_decided() -> None:
    helpers = {"deserialize", "serialize", "get"}
    public = {name for name in dir(keras.activations) if not name.startswith("_")} - helpers
    assert {name for kind, name in table() if kind == "activations"} >= public
    assert "sparsemax" in public


def test_an_unknown_key_is_not_decided() -> None:
    assert undecided("layers", "Dense", ["units", "groove"]) == {"groove"}
    assert undecided("layers", "Groove", ["units"]) == {"units"}
