"""Loading as Keras 2.15 does: what it accepts, and what does not fit is told by name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from exporter.load import LoadRequest, load
from interchange.errors import Exit, Failure
from tests.models import broken_files
from tests.models.basic import MODELS
from tests.models.broken_files import CASES


@pytest.fixture
def models(keras: Any, tmp_path: Path) -> Path:
    """A folder with `dense.h5`, which the broken files are copies of."""
    MODELS["dense"](keras).save(tmp_path / "dense.h5")
    return tmp_path


def edited(path: Path, edit: Callable[[dict[str, Any]], None]) -> Path:
    with h5py.File(path, "r+") as file:
        architecture = json.loads(file.attrs["model_config"])
        edit(architecture)
        file.attrs["model_config"] = json.dumps(architecture)
    return path


def test_a_model_is_loaded_with_its_weights_and_not_compiled(keras: Any, tmp_path: Path) -> None:
    saved = MODELS["compiled"](keras)
    saved.save(tmp_path / "model.h5")
    loaded = load(LoadRequest(tmp_path / "model.h5"))
    assert loaded.optimizer is None
    for stored, weight in zip(saved.get_weights(), loaded.get_weights()):
        np.testing.assert_array_equal(stored, weight)


@pytest.mark.parametrize("as_bytes", [True, False])
def test_the_config_may_be_bytes_or_text(models: Path, as_bytes: bool) -> None:
    with h5py.File(models / "dense.h5", "r+") as file:
        config = file.attrs["model_config"]
        text = config.decode() if isinstance(config, bytes) else config
        file.attrs["model_config"] = np.bytes_(text.encode()) if as_bytes else text
    assert load(LoadRequest(models / "dense.h5")).name == "dense"


def test_a_model_without_weights_needs_none(keras: Any, tmp_path: Path) -> None:
    keras.Sequential([keras.Input((4,)), keras.layers.ReLU()]).save(tmp_path / "model.h5")
    with h5py.File(tmp_path / "model.h5", "r+") as file:
        del file["model_weights"]
    assert load(LoadRequest(tmp_path / "model.h5")).weights == []


def test_an_architecture_alone_is_told(models: Path) -> None:
    with h5py.File(models / "dense.h5", "r+") as file:
        del file["model_weights"]
    with pytest.raises(Failure, match="an architecture but no weights") as caught:
        load(LoadRequest(models / "dense.h5"))
    assert caught.value.code is Exit.WEIGHTS


MISFITS = [name for name, case in CASES.items() if case.code is Exit.WEIGHTS]


@pytest.mark.parametrize("name", MISFITS)
def test_a_weight_that_does_not_fit_is_told(models: Path, name: str) -> None:
    case = broken_files.CASES[name]
    case.make(models, models / "broken.h5")
    with pytest.raises(Failure) as caught:
        load(LoadRequest(models / "broken.h5"))
    assert caught.value.code is Exit.WEIGHTS
    assert case.says in caught.value.message
    assert "\n" not in caught.value.message


def test_two_weights_in_exchanged_places_of_other_shapes_are_told(models: Path) -> None:
    with h5py.File(models / "dense.h5", "r+") as file:
        file.move("model_weights/first/first/kernel:0", "kept")
        file.move("model_weights/second/second/kernel:0", "model_weights/first/first/kernel:0")
        file.move("kept", "model_weights/second/second/kernel:0")
    with pytest.raises(Failure) as caught:
        load(LoadRequest(models / "dense.h5"))
    assert caught.value.code is Exit.WEIGHTS


def test_every_unknown_key_is_refused_by_the_layer_it_is_in(models: Path) -> None:
    def season(architecture: dict[str, Any]) -> None:
        for layer in architecture["config"]["layers"][1:]:
            layer["config"]["flavour"] = "bitter"

    with pytest.raises(Failure) as caught:
        load(LoadRequest(edited(models / "dense.h5", season)))
    assert caught.value.code is Exit.REFUSED
    assert [(problem.layer, problem.class_name, problem.key, problem.value) for problem in caught.value.problems] == [
        ("first", "Dense", "flavour", "bitter"),
        ("second", "Dense", "flavour", "bitter"),
    ]


def test_an_unknown_key_within_a_wrapper_is_found(keras: Any, tmp_path: Path) -> None:
    wrapper = keras.layers.Bidirectional(keras.layers.LSTM(2, name="inner"), name="both")
    keras.Sequential([keras.Input((5, 3)), wrapper]).save(tmp_path / "model.h5")

    def season(architecture: dict[str, Any]) -> None:
        architecture["config"]["layers"][1]["config"]["layer"]["config"]["flavour"] = "bitter"

    with pytest.raises(Failure) as caught:
        load(LoadRequest(edited(tmp_path / "model.h5", season)))
    assert [(problem.layer, problem.key) for problem in caught.value.problems] == [("both/inner", "flavour")]


def test_a_lambda_that_is_trusted_and_yet_too_old_is_not_blamed_for_its_own_keys(keras: Any, tmp_path: Path) -> None:
    code = keras.layers.Lambda(lambda x: x * 2, mask=lambda x, mask: mask, name="code")
    keras.Sequential([keras.Input((3,)), code]).save(tmp_path / "model.h5")

    def age(architecture: dict[str, Any]) -> None:
        architecture["config"]["layers"][1]["config"]["function"][0] = "4wEAAAAB\n"

    with pytest.raises(Failure, match="cannot build this architecture") as caught:
        load(LoadRequest(edited(tmp_path / "model.h5", age)))
    assert caught.value.code is Exit.UNREADABLE
    assert caught.value.problems == ()


def test_a_value_keras_2_does_not_take_is_told_in_one_line(models: Path) -> None:
    def spoil(architecture: dict[str, Any]) -> None:
        architecture["config"]["layers"][1]["config"]["units"] = -1

    with pytest.raises(Failure, match="units") as caught:
        load(LoadRequest(edited(models / "dense.h5", spoil)))
    assert caught.value.code is Exit.UNREADABLE
    assert "\n" not in caught.value.message


def test_one_model_of_those_in_it(keras: Any, tmp_path: Path) -> None:
    inner = [keras.Sequential([keras.Input((3,)), keras.layers.Dense(3)], name=name) for name in ("encoder", "decoder")]
    outer = keras.Sequential([keras.Input((3,)), *inner], name="outer")
    keras.Sequential([keras.Input((3,)), outer]).save(tmp_path / "model.h5")
    found = load(LoadRequest(tmp_path / "model.h5", part="outer/decoder"))
    np.testing.assert_array_equal(found.layers[0].kernel, inner[1].layers[0].kernel)
    with pytest.raises(Failure, match="holds no model called decoder") as caught:
        load(LoadRequest(tmp_path / "model.h5", part="decoder"))
    assert (caught.value.code, caught.value.hint) == (
        Exit.USAGE, "models within it: outer, outer/encoder, outer/decoder",
    )  # fmt: skip
