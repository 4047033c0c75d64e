"""Small models answer several probes at once, and those that cannot are asked one by one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporter.probes import batches
from tests.keras2.test_export import asked, exported, saved

FURTHER = [f"more-{number}" for number in range(1, 9)]
ALONE = [["normal"], ["wide"], ["tiny"], ["single"]]
JOINED = [["normal", "wide", "tiny", *FURTHER], ["single"]]
MODELS: dict[str, tuple[list[list[str]], Callable[[Any], Any]]] = {
    "samples by themselves": (JOINED, lambda keras: keras.layers.Dense(2)),
    "samples among each other": (JOINED, lambda keras: keras.layers.Softmax(axis=0)),
    "one answer for all": (ALONE, lambda keras: lambda x: keras.backend.mean(x, axis=0, keepdims=True)),
    "more than the samples": (ALONE, lambda keras: lambda x: keras.backend.concatenate([x, x], axis=0)),
    "no axis": (ALONE, lambda keras: keras.backend.sum),
}


@pytest.mark.parametrize("name", MODELS)
def test_what_is_asked_at_once_is_what_can_be_told_apart(name: str, keras: Any, tmp_path: Path) -> None:
    wanted, layer = MODELS[name]
    x = keras.Input((4,))
    bundle = exported(saved(keras.Model(x, layer(keras)(x)), tmp_path))
    facts = bundle.json("reference.json")
    assert facts["calls"] == wanted
    assert [*asked(bundle)] == [case for call in wanted for case in call]
    assert facts["noise"].keys() == asked(bundle).keys()


def test_a_batch_of_a_fixed_size_is_not_made_larger(keras: Any, tmp_path: Path) -> None:
    x = keras.Input((4,), batch_size=3)
    bundle = exported(saved(keras.Model(x, keras.layers.Dense(2)(x)), tmp_path))
    assert bundle.json("reference.json")["calls"] == [*ALONE, ["more-1"], ["more-2"]]
    assert {len(array) for arrays in asked(bundle).values() for array in arrays} == {3}


def test_a_cell_that_keeps_masks_for_its_first_batch_is_asked_for_others(keras: Any, tmp_path: Path) -> None:
    x = keras.Input((5, 4, 4, 1))
    bundle = exported(saved(keras.Model(x, keras.layers.ConvLSTM2D(1, 2, dropout=0.1)(x)), tmp_path))
    assert bundle.json("reference.json")["calls"] == JOINED


def test_a_weight_of_any_shape_is_no_reason(keras: Any, tmp_path: Path) -> None:
    layer = keras.layers.TextVectorization(output_mode="tf_idf", vocabulary=["a", "the"], idf_weights=[1.0, 2.0])
    x = keras.Input((1,), dtype="string")
    bundle = exported(saved(keras.Model(x, layer(x)), tmp_path))
    assert bundle.json("reference.json")["calls"] == JOINED


@pytest.mark.parametrize("limit", ["_INPUTS", "_WEIGHTS"])
def test_what_is_large_is_asked_one_by_one(
    limit: str, keras: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, limit, 9)
    x = keras.Input((4,))
    bundle = exported(saved(keras.Model(x, keras.layers.Dense(2)(x)), tmp_path))
    assert bundle.json("reference.json")["calls"] == [*ALONE, FURTHER]


def test_several_inputs_are_joined_each_by_itself(keras: Any, tmp_path: Path) -> None:
    inputs = [keras.Input((2,), name="a"), keras.Input((3,), dtype="int32", name="b")]
    outputs = [keras.layers.Dense(2)(inputs[0]), keras.layers.Embedding(5, 2)(inputs[1])]
    bundle = exported(saved(keras.Model(inputs, outputs), tmp_path))
    assert bundle.json("reference.json")["calls"] == JOINED
    shapes = {case: [array.shape for array in arrays] for case, arrays in asked(bundle).items()}
    assert shapes["wide"] == [(3, 2), (3, 3)]
    assert all(np.isfinite(array).all() for arrays in asked(bundle).values() for array in arrays)
