"""The second opinion: whether a kernel has drifted or the translation is wrong, for any model that differs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest

from importer.build.rebuild import Rebuilt, rebuild
from importer.restore.restore import restore
from importer.restore.variables import named_variables
from importer.verify.diagnose import explained
from importer.verify.verify import verify
from interchange.bundle import Bundle
from interchange.errors import Exit, Failure
from interchange.manifest import TensorRow
from interchange.messages.requests import ToleranceOptions
from tests.keras3.conftest import exported
from translation.keras2_to_3.translate import translated


def nested(keras: Any) -> Any:
    inner = keras.Sequential([keras.Input((3,)), keras.layers.BatchNormalization(), keras.layers.Dense(2)])
    return keras.layers.TimeDistributed(inner)


WRAPPED: dict[str, Callable[[Any], Any]] = {
    "layer": lambda keras: keras.layers.Dense(2),
    "frozen": lambda keras: keras.layers.BatchNormalization(trainable=False),
    "both directions": lambda keras: keras.layers.Bidirectional(keras.layers.LSTM(2)),
    "stacked cells": lambda keras: keras.layers.RNN([keras.layers.GRUCell(3), keras.layers.LSTMCell(2)]),
    "model at each step": nested,
}


def built(bundle: Bundle) -> Rebuilt:
    graph, _ = translated(bundle.json("architecture.json"))
    rebuilt = rebuild(graph)
    restore(rebuilt, bundle)
    return rebuilt


def model_of(keras: Any, layer: Any) -> Any:
    return keras.Sequential([keras.Input((3, 3)), layer])


def opinion(rebuilt: Rebuilt, bundle: Bundle) -> Failure:
    with pytest.raises(Failure) as caught:
        verify(rebuilt.model, bundle, ToleranceOptions())
    return explained(caught.value, rebuilt, bundle)


def shift_a_weight(rebuilt: Rebuilt) -> None:
    variable = next(slot.variable for _, _, slot in named_variables(rebuilt))
    variable.assign(np.array(variable) + 0.5)


@pytest.mark.parametrize("name", WRAPPED)
def test_a_wrong_model_is_known_whatever_it_is_made_of(old: Any, tmp_path: Path, name: str) -> None:
    bundle = exported(model_of(old, WRAPPED[name](old)), tmp_path / "bundle")
    rebuilt = built(bundle)
    shift_a_weight(rebuilt)
    failure = opinion(rebuilt, bundle)
    assert failure.code is Exit.DIFFERS
    assert "the translation is wrong" in str(failure.hint)


@pytest.fixture
def drifted() -> Any:
    """The recorded outputs are what no Keras of today computes."""

    def shifted(bundle: Bundle, row: TensorRow, read: Any = Bundle.read) -> np.ndarray:
        return read(bundle, row) + (0.5 if row.facts.get("role") == "output" else 0)

    with mock.patch.object(Bundle, "read", shifted):
        yield


@pytest.mark.parametrize(("is_shifted", "hint"), [(False, "a kernel has changed"), (True, "agrees with neither")])
def test_a_kernel_that_drifted_is_told_from_what_nobody_explains(
    old: Any, tmp_path: Path, drifted: None, is_shifted: bool, hint: str
) -> None:
    bundle = exported(model_of(old, old.layers.Dense(2)), tmp_path / "bundle")
    rebuilt = built(bundle)
    if is_shifted:
        shift_a_weight(rebuilt)
    assert hint in str(opinion(rebuilt, bundle).hint)


def test_an_opinion_that_fails_does_not_hide_the_difference(old: Any, tmp_path: Path) -> None:
    bundle = exported(model_of(old, old.layers.Dense(2)), tmp_path / "bundle")
    rebuilt = built(bundle)
    shift_a_weight(rebuilt)
    with mock.patch("tf_keras.models.model_from_json", side_effect=ValueError("no such layer")):
        failure = opinion(rebuilt, bundle)
    assert failure.code is Exit.DIFFERS
    assert "as a cross-check: ValueError: no such layer" in str(failure.hint)


def test_without_a_comparison_there_is_nothing_to_explain() -> None:
    failure = Failure(Exit.DIFFERS, "it has 2 outputs, the old model has 1")
    assert explained(failure, mock.Mock(), mock.Mock()) is failure
