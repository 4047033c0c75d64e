"""Losses, metrics and optimizers of the user's own."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from importer.build import custom_objects
from importer.build.custom_objects import NO_CUSTOM_OBJECTS
from importer.whole_model import migrate
from interchange.messages.requests import ImportRequest
from interchange.messages.results import ImportResult
from keras2to3.user_files.custom_objects import parse
from tests.keras3.compiled_bundles import state_of, with_training
from tests.keras3.conftest import exported

FILE = """
import keras

def bent(truth, prediction):
    return keras.ops.mean(keras.ops.abs(truth - prediction) ** 1.5, axis=-1)

@keras.saving.register_keras_serializable("Mine")
class Largest(keras.metrics.Metric):
    def __init__(self, name="largest", **options):
        super().__init__(name=name, **options)
        self.most = self.add_weight(name="most", initializer="zeros")
    def update_state(self, truth, prediction, sample_weight=None):
        self.most.assign(keras.ops.maximum(self.most, keras.ops.max(keras.ops.abs(truth - prediction))))
    def result(self):
        return self.most

class Slow(keras.optimizers.Adam):
    pass
"""
X, Y = np.ones((4, 3), "float32"), np.zeros((4, 2), "float32")
BENT = {"module": "builtins", "class_name": "function", "config": "bent", "registered_name": "bent"}
LARGEST = {
    "module": None, "class_name": "Mine>Largest", "config": {"name": "largest", "dtype": "float32"},
    "registered_name": "Mine>Largest",
}  # fmt: skip

Migrate = Callable[..., ImportResult]


@pytest.fixture
def migrated(old: ModuleType, tmp_path: Path) -> Migrate:
    """Migrate a compiled model whose config names what is in `FILE`, or with other `content`, or none."""

    def migrated(change: dict[str, Any], content: str | None = FILE) -> ImportResult:
        import keras

        model = old.Sequential([old.Input((3,)), old.layers.Dense(2, name="only")])
        model.compile(old.optimizers.Adam(0.01), "mse")
        model.train_on_batch(X, Y)
        config = {**model.get_compile_config(), **change}
        folder = with_training(exported(model, tmp_path / "plain"), tmp_path / "bundle", config, state_of(model))
        keras.saving.get_custom_objects().clear()
        own = NO_CUSTOM_OBJECTS
        if content is not None:
            file = tmp_path / "own_objects.py"
            file.write_text(content)
            own = custom_objects.opened(parse(str(file)).customs)
        return migrate(ImportRequest(folder, tmp_path / "model.keras"), lambda line: None, own)

    return migrated


def test_they_are_what_the_result_needs(migrated: Migrate, tmp_path: Path) -> None:
    import keras

    result = migrated({"loss": BENT, "metrics": [LARGEST]})
    assert result.training is not None
    assert (result.training.optimizer, result.training.steps) == ("kept", 1)
    assert result.needs is not None
    assert (result.needs.objects, result.needs.unregistered) == (("Largest", "bent"), ("bent",))
    own = custom_objects.opened(parse(str(tmp_path / "own_objects.py")).customs)
    found = keras.saving.load_model(tmp_path / "model.keras", {"bent": own.objects["bent"]})
    told = found.train_on_batch(X, Y, return_dict=True)
    prediction = np.abs(X @ found.layers[0].kernel.numpy()).shape
    assert (set(told), prediction) == ({"loss", "largest"}, (4, 2))


def test_without_them_the_model_arrives_uncompiled_and_native(migrated: Migrate, tmp_path: Path) -> None:
    import keras

    result = migrated({"loss": BENT}, None)
    assert result.training is not None
    assert (result.training.optimizer, result.needs) == ("dropped", None)
    assert "bent" in str(result.training.reason)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not keras.saving.load_model(tmp_path / "model.keras").compiled


def test_an_optimizer_of_their_own_begins_anew(migrated: Migrate) -> None:
    optimizer = {"module": None, "class_name": "Slow", "config": {"learning_rate": 0.5}, "registered_name": "Slow"}
    result = migrated({"optimizer": optimizer})
    assert result.training is not None
    assert (result.training.optimizer, result.training.steps) == ("rebuilt", 0)
    assert "what a Slow keeps is known to itself alone" in str(result.training.reason)


@pytest.mark.parametrize(
    "body", ["raise KeyError('gone')", "return keras.ops.missing(truth)"], ids=["raises", "not in Keras 3"]
)
def test_what_they_raise_costs_the_training_alone(body: str, migrated: Migrate) -> None:
    init = (
        f"class Largest(keras.metrics.Metric):\n    def __init__(self, **options):\n        truth = 0\n        {body}\n"
    )
    result = migrated(
        {"metrics": [{**LARGEST, "class_name": "Largest", "registered_name": "Largest"}]}, f"import keras\n{init}"
    )
    assert result.training is not None
    assert result.training.optimizer == "dropped"
    assert "own_objects.py" in str(result.training.reason)
