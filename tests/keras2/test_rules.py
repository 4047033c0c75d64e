"""Completeness: whatever Keras 2.15 writes for a class that has a rule, somebody has decided what becomes of it."""

from __future__ import annotations

from typing import Any

import pytest

from importer.rules import table
from importer.translate import translate
from tests.minimal import KEYS, architecture, class_of, parameters

# Arguments of constructors that no config names: they are every layer's, or are used up in the constructor.
EVERY_LAYERS = {"name", "dtype", "trainable", "dynamic"}
USED_UP = {"Bidirectional": {"weights"}}


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
