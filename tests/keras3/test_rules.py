"""Completeness: Keras 3 takes whatever a rule gives it for the class as it is by default."""

from __future__ import annotations

from typing import Any

import pytest

from importer.build.construct import Constructor
from importer.build.custom_objects import NO_CUSTOM_OBJECTS
from tests.models.minimal_objects import KEYS, architecture
from translation.keras2_to_3.rules import table
from translation.keras2_to_3.translate import translated

# What is composed of several layers is made for an input; the examples of its rule show that.
PLAIN = [key for key in KEYS if not table()[key].composed]


@pytest.mark.parametrize(("kind", "name"), PLAIN)
def test_keras_3_takes_every_setting(kind: str, name: str) -> None:
    import keras
    import tf_keras

    graph, _ = translated(architecture(tf_keras, kind, name))
    spec: Any = graph.layers[-1].item
    made = Constructor(lambda graph, like: None, lambda made, spec: None, NO_CUSTOM_OBJECTS).make(spec, None)
    assert isinstance(made, getattr(keras.layers, spec.class_name))
