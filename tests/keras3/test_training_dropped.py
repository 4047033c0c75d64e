"""Models that cannot arrive compiled: they arrive as if they had never been, and the report says why."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest import mock

import numpy as np
import pytest

from importer import whole_model
from importer.save import save
from importer.training import arrival
from importer.training.compiling import NotCompiledError
from importer.whole_model import migrate
from interchange.messages.requests import ImportRequest
from interchange.provenance import MEMBER
from tests.keras3.compiled_bundles import state_of, with_training
from tests.keras3.conftest import exported


@pytest.fixture
def bundle(old: ModuleType, tmp_path: Path) -> Callable[..., Path]:
    """The bundle of a compiled model, with another config or other facts."""

    def bundle(edit: Callable[[dict[str, Any]], Any] = lambda config: None, **facts: Any) -> Path:
        model = old.Sequential([old.Input((4,)), old.layers.Dense(2)])
        model.compile(old.optimizers.SGD(0.1, momentum=0.9), "mse")
        model.train_on_batch(np.zeros((1, 4)), np.ones((1, 2)))
        config = dict(model.get_compile_config())
        edit(config)
        return with_training(exported(model, tmp_path / "plain"), tmp_path / "bundle", config, state_of(model), **facts)

    return bundle


def assert_uncompiled(folder: Path, reason: str) -> None:
    """The result says why, and all that Keras reads in the file is that of the same model which never was compiled."""
    import keras

    target = folder.with_name("model.keras")
    result = migrate(ImportRequest(folder, target), lambda line: None)
    assert result.training is not None
    assert (result.training.optimizer, result.training.steps) == ("dropped", None)
    assert reason in str(result.training.reason)
    (line,) = (change for change in result.changes if change.rule == "compile")
    assert line.text.startswith("the model arrives uncompiled, so compile it again to train it: ")
    assert reason in line.text
    assert not keras.saving.load_model(target).compiled
    migrate(ImportRequest(folder.with_name("plain"), folder.with_name("plain.keras")), lambda line: None)
    assert members_for_keras(target) == members_for_keras(folder.with_name("plain.keras"))


def members_for_keras(path: Path) -> dict[str, bytes]:
    """The members of a `.keras`, without the provenance, which tells how the source was compiled."""
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist() if name != MEMBER}


def test_what_the_exporter_has_dropped(bundle: Callable[..., Path]) -> None:
    assert_uncompiled(bundle(optimizer="dropped", reason="its loss is no loss"), "its loss is no loss")


def test_an_optimizer_that_no_keras_has(bundle: Callable[..., Path]) -> None:
    unknown = {"class_name": "Addons>LAMB", "config": {}, "module": None, "registered_name": "Addons>LAMB"}
    assert_uncompiled(bundle(lambda config: config.update(optimizer=unknown)), "LAMB")


def test_a_config_that_no_rule_can_read(bundle: Callable[..., Path]) -> None:
    def odd(config: dict[str, Any]) -> None:
        config["loss_weights"] = {"dense": "heavy"}

    assert_uncompiled(bundle(odd), "the rules cannot read how it was compiled: ValueError")


def test_a_config_that_keras_3_does_not_accept(bundle: Callable[..., Path]) -> None:
    def too_much(config: dict[str, Any]) -> None:
        config["optimizer"]["config"]["momentum"] = 3.0

    assert_uncompiled(bundle(too_much), "`momentum` must be a float between [0, 1]")


def test_a_file_that_keras_3_does_not_open_compiled(bundle: Callable[..., Path]) -> None:
    def read_back(path: Path, custom_objects: Any = None, is_compiled: bool = False) -> Any:
        if is_compiled:
            raise TypeError("a metric is odd")
        return save.read_back(path, custom_objects, is_compiled)

    with mock.patch.object(whole_model, "read_back", read_back):
        assert_uncompiled(bundle(), "cannot open what it has written itself: TypeError: a metric is odd")


def test_weights_that_are_read_back_in_another_order(bundle: Callable[..., Path]) -> None:
    with mock.patch.object(arrival, "places_in", side_effect=NotCompiledError("kernel and bias are mixed up")):
        assert_uncompiled(bundle(), "kernel and bias are mixed up")


def test_slots_that_are_read_back_otherwise(bundle: Callable[..., Path]) -> None:
    def read_back(path: Path, custom_objects: Any = None, is_compiled: bool = False) -> Any:
        model = save.read_back(path, custom_objects, is_compiled)
        if is_compiled:
            model.optimizer.momentums[0].assign(model.optimizer.momentums[0] + 1.0)
        return model

    with mock.patch.object(whole_model, "read_back", read_back):
        assert_uncompiled(bundle(), "reads momentums of dense/kernel back with other values")
