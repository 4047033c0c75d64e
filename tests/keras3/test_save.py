"""The written file: the same bytes each time, and open to stock Keras in safe mode."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from importer.build.rebuild import rebuild
from importer.save.save import read_back, save
from translation.keras2_to_3.translate import translated


def sharing(keras: Any) -> Any:
    """A model with a shared layer, an activation that is written out, and a wrapper."""
    layers = keras.layers
    x = keras.Input((5, 3), name="x")
    dense = layers.Dense(3, "hard_sigmoid", name="dense")
    lstm = layers.LSTM(2, recurrent_activation="hard_sigmoid", name="lstm")
    y = layers.Add(name="add")([dense(x), dense(dense(x))])
    return keras.Model(x, layers.Bidirectional(lstm, name="both")(y), name="sharing")


@pytest.fixture
def architecture(old: Any) -> Any:
    return json.loads(sharing(old).to_json())


def saved(architecture: Any, path: Path) -> Path:
    """A rebuilt model, saved after whatever this process has made before; the worker starts each one like this."""
    import keras

    keras.backend.clear_session()
    model = rebuild(translated(architecture)[0]).model
    for number, variable in enumerate(model.variables):
        variable.assign(np.full(variable.shape, number, "float32"))
    save(model, path)
    return path


def test_two_saves_are_the_same_bytes(architecture: Any, tmp_path: Path) -> None:
    first, second = (saved(architecture, tmp_path / name) for name in ("first.keras", "second.keras"))
    assert first.read_bytes() == second.read_bytes()


def test_nothing_else_is_left(architecture: Any, tmp_path: Path) -> None:
    path = saved(architecture, tmp_path / "model.keras")
    assert [*tmp_path.iterdir()] == [path]


def test_no_time_and_no_address_is_told(architecture: Any, tmp_path: Path) -> None:
    with zipfile.ZipFile(saved(architecture, tmp_path / "model.keras")) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert json.loads(archive.read("metadata.json"))["date_saved"].startswith("1980-")
        numbers = shared_numbers(json.loads(archive.read("config.json")))
    assert numbers <= {*range(1, len(numbers) + 1)}


def shared_numbers(value: Any) -> set[int]:
    if isinstance(value, dict):
        own = {value["shared_object_id"]} if "shared_object_id" in value else set()
        return own.union(*map(shared_numbers, value.values()))
    return set().union(*map(shared_numbers, value)) if isinstance(value, list) else set()


def test_what_is_read_back_computes_the_same(architecture: Any, tmp_path: Path) -> None:
    path = saved(architecture, tmp_path / "model.keras")
    x = np.random.default_rng(1).normal(size=(3, 5, 3))
    again = read_back(path)
    save(again, tmp_path / "again.keras")
    np.testing.assert_array_equal(again(x), read_back(tmp_path / "again.keras")(x))


def test_code_in_a_file_is_not_run(tmp_path: Path) -> None:
    import keras

    keras.Sequential([keras.Input((2,)), keras.layers.Lambda(lambda x: x + 1)]).save(tmp_path / "model.keras")
    with pytest.raises((ValueError, TypeError), match=r"safe_mode|lambda"):
        read_back(tmp_path / "model.keras")
