"""Layers of both models compared: which of them are, and which one is named where a model differs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np
import pytest

from importer import whole_model
from importer.details.collect import Collected
from importer.whole_model import migrate
from interchange.errors import Exit, Failure
from interchange.messages.details import Details, LayerDifference
from interchange.messages.requests import ImportRequest
from tests.keras3.conftest import Arrived, exported

Arrive = Callable[[Any], Arrived]


def layers_of(arrived: Arrived) -> dict[tuple[str, int], LayerDifference]:
    rows = Details.from_json(arrived.report["details"]).layers
    assert all(row.equal and row.size > 0 for row in rows), rows
    return {(row.layer, row.call): row for row in rows}


def branches(keras: Any) -> Any:
    """A nested model that is called twice, a layer composed of several, and two outputs."""
    import tensorflow as tf

    inner = keras.Sequential([keras.Input((6, 4)), keras.layers.Dense(4, name="leak")], name="inner")
    given = keras.Input((6, 4), name="given")
    near = keras.layers.LocallyConnected1D(3, 2, name="near")(inner(given))
    root = tf.math.softplus(inner(inner(given)))
    flat = [keras.layers.Flatten(name=name)(tensor) for name, tensor in (("left", near), ("right", root))]
    return keras.Model(given, flat, name="whole")


def test_nested_and_shared_layers_and_those_that_became_several(arrive: Arrive, old: ModuleType) -> None:
    found = layers_of(arrive(branches(old)))
    operator = next(path for path, _ in found if "softplus" in path)
    assert found.keys() == {
        *(("inner", call) for call in range(3)),
        *((path, 0) for path in ("inner/leak", "near", operator, "left", "right")),
    }
    assert found["near", 0].class_name == "LocallyConnected1D"


def test_calls_of_a_shared_layer_are_told_apart_in_whatever_order_they_run(arrive: Arrive, old: ModuleType) -> None:
    first, second = old.Input((4,)), old.Input((4,))
    shared = old.layers.Dense(4, name="shared")
    early = shared(first)
    late = shared(old.layers.Activation("tanh")(old.layers.Activation("exponential")(second)))
    model = old.Model([first, second], old.layers.Add(name="sum")([early, late]))
    found = layers_of(arrive(model))
    assert {("shared", 0), ("shared", 1), ("sum", 0)} <= found.keys()
    assert found["shared", 0].size != found["shared", 1].size


@pytest.mark.parametrize("steps", [5, 40])
def test_masked_steps_eager_and_traced(arrive: Arrive, old: ModuleType, steps: int) -> None:
    words = old.Input((steps,), dtype="int32")
    embedded = old.layers.Embedding(20, 4, mask_zero=True, name="words")(words)
    both = old.layers.Bidirectional(old.layers.LSTM(3, return_sequences=True), name="both")(embedded)
    model = old.Model(words, old.layers.GRU(2, name="last")(both))
    assert layers_of(arrive(model)).keys() == {("words", 0), ("both", 0), ("last", 0)}


def test_halves(arrive: Arrive, old: ModuleType) -> None:
    layers = [old.layers.Dense(4, dtype="mixed_float16", name="half"), old.layers.Dense(2, dtype="float32", name="end")]
    model = old.Sequential([old.Input((3,)), *layers])
    assert layers_of(arrive(model)).keys() == {("half", 0), ("end", 0)}


def test_layers_that_draw(arrive: Arrive, old: ModuleType) -> None:
    given = old.Input((5,))
    dropped = old.layers.Dropout(0.5, name="dropped")(old.layers.Dense(4, name="before")(given), training=True)
    model = old.Model(given, old.layers.Dense(2, name="after")(dropped))
    assert {("before", 0), ("dropped", 0), ("after", 0)} <= layers_of(arrive(model)).keys()


def fault_in(name: str) -> Callable[..., Any]:
    """The model as it was read back, but for the bias of a layer."""
    read = whole_model.read_back

    def wrong(*args: Any) -> Any:
        model = read(*args)
        layer = next(each for each in model._flatten_layers() if each.name == name)
        layer.bias.assign(np.array(layer.bias) + 0.1)
        return model

    return wrong


@pytest.mark.parametrize("page", [True, False])
@pytest.mark.parametrize(("layer", "path"), [("leak", "inner/leak"), ("second", "second")])
def test_the_layer_with_a_fault_is_named(old: ModuleType, tmp_path: Path, layer: str, path: str, page: bool) -> None:
    inner = old.Sequential([old.Input((4,)), old.layers.Dense(4, name="leak")], name="inner")
    given = old.Input((4,))
    first = old.layers.Dense(4, activation="tanh", name="first")(given)
    exported(old.Model(given, old.layers.Dense(2, name="second")(inner(first))), tmp_path / "bundle")
    with mock.patch.object(whole_model, "read_back", fault_in(layer)), pytest.raises(Failure) as caught:
        migrate(ImportRequest(tmp_path / "bundle", tmp_path / "a.keras", details=page), lambda line: None)
    assert caught.value.code is Exit.DIFFERS
    assert caught.value.detail["verification"]["first_difference"]["layer"] == path
    assert f"(first at {path}, a Dense)" in caught.value.message
    assert ("details" in caught.value.detail) == page
    if page:
        rows = Details.from_json(caught.value.detail["details"]).layers
        before = ["first", "inner/leak", "inner"] if layer == "second" else ["first"]
        assert [row.layer for row in rows if row.equal] == before


def test_without_a_page_nothing_is_gathered_for_it(old: ModuleType, tmp_path: Path) -> None:
    exported(branches(old), tmp_path / "bundle")
    whole = migrate(ImportRequest(tmp_path / "bundle", tmp_path / "a.keras"), lambda line: None)
    with mock.patch("importer.details.pictures.placed", side_effect=AssertionError):
        bare = migrate(ImportRequest(tmp_path / "bundle", tmp_path / "b.keras", details=False), lambda line: None)
    assert (whole.details is None, bare.details) == (False, None)
    assert (tmp_path / "a.keras").read_bytes() == (tmp_path / "b.keras").read_bytes()
    assert Collected(mock.Mock(), wanted=False).pairs is None
