"""The state of a training, from files of every format into the bundle."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exporter import training
from exporter.load import LoadRequest, load
from exporter.load.custom_objects import opened
from exporter.restore.account import Account
from interchange.bundle import Bundle, BundleWriter
from interchange.user_files.custom_objects import CustomObjectsFile
from keras2to3.scanner.examine import examine

NAMES = {"h5": "model.h5", "keras": "model.keras", "savedmodel": "model"}
FORMATS = tuple(NAMES)

NEW: Mapping[str, Callable[[Any], Any]] = {
    "adam": lambda keras: keras.optimizers.Adam(0.01, amsgrad=True, use_ema=True),
    "adamw": lambda keras: keras.optimizers.AdamW(0.01),
    "adamax": lambda keras: keras.optimizers.Adamax(0.01),
    "nadam": lambda keras: keras.optimizers.Nadam(0.01),
    "sgd": lambda keras: keras.optimizers.SGD(0.01, momentum=0.9),
    "rmsprop": lambda keras: keras.optimizers.RMSprop(0.01, momentum=0.9, centered=True),
    "adagrad": lambda keras: keras.optimizers.Adagrad(0.01),
    "adadelta": lambda keras: keras.optimizers.Adadelta(0.01),
    "ftrl": lambda keras: keras.optimizers.Ftrl(0.01),
    "lion": lambda keras: keras.optimizers.Lion(0.01),
    "adafactor": lambda keras: keras.optimizers.Adafactor(0.01),
    "scaled": lambda keras: keras.mixed_precision.LossScaleOptimizer(keras.optimizers.Adam(0.01)),
}
LEGACY: Mapping[str, Callable[[Any], Any]] = {
    "adam": lambda keras: keras.optimizers.legacy.Adam(0.01, amsgrad=True, decay=0.1),
    "adamax": lambda keras: keras.optimizers.legacy.Adamax(0.01),
    "nadam": lambda keras: keras.optimizers.legacy.Nadam(0.01),
    "sgd": lambda keras: keras.optimizers.legacy.SGD(0.01, momentum=0.9),
    "rmsprop": lambda keras: keras.optimizers.legacy.RMSprop(0.01, momentum=0.9, centered=True),
    "adagrad": lambda keras: keras.optimizers.legacy.Adagrad(0.01),
    "adadelta": lambda keras: keras.optimizers.legacy.Adadelta(0.01),
    "ftrl": lambda keras: keras.optimizers.legacy.Ftrl(0.01),
    "scaled": lambda keras: keras.mixed_precision.LossScaleOptimizer(keras.optimizers.legacy.Adam(0.01)),
}


def layers(keras: Any) -> Any:
    """Two kernels of one shape, and a layer between them whose moving weights are not trained."""
    x = keras.Input((4,))
    y = keras.layers.BatchNormalization(name="norm")(keras.layers.Dense(4, name="first")(x))
    return keras.Model(x, keras.layers.Dense(4, name="last")(y))


def trained(model: Any, optimizer: Any, **options: Any) -> Any:
    """A model in the middle of its training."""
    model.compile(optimizer, **{"loss": "mse", "metrics": ["mae"], **options})
    x = np.linspace(-1, 1, 8 * 4).reshape(8, 4).astype("float32")
    for _ in range(3):
        model.train_on_batch(x, x[:, ::-1] ** 2)
    return model


def saved(model: Any, folder: Path, form: str = "h5") -> Path:
    path = folder / NAMES[form]
    model.save(path, save_format="tf" if form == "savedmodel" else None)
    return path


def exported(path: Path, form: str = "h5", **options: Any) -> Bundle:
    scanned = examine(path)
    described = form == "savedmodel"
    config, compiled = (scanned.architecture, scanned.training) if described else (None, None)
    source = LoadRequest(path, form, architecture=config, training=compiled, **options)
    account, writer = Account(), BundleWriter(path.parent / "bundle", {"keras": "2.15.0"}, {})
    training.write(load(source, account=account), source, account, writer)
    writer.close()
    return Bundle.open(path.parent / "bundle")


def state(bundle: Bundle) -> dict[tuple[str, ...], np.ndarray]:
    """The tensors of an optimizer by slot and weight."""
    rows = bundle.rows("optimizer.npz")
    return {
        (row.facts["slot"], *row.facts.get("layer", ()), *filter(None, [row.facts.get("variable")])): bundle.read(row)
        for row in rows
    }


def kept(model: Any) -> dict[str, np.ndarray]:
    """The variables of an optimizer by their names."""
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    variables = optimizer.variables
    return {each.name: each.numpy() for each in (variables() if callable(variables) else variables)}


@pytest.mark.parametrize("name", NEW)
def test_what_an_optimizer_keeps_arrives_by_weight_from_every_format(keras: Any, tmp_path: Path, name: str) -> None:
    model = trained(layers(keras), NEW[name](keras))
    for form in FORMATS:
        (tmp_path / form).mkdir()
        bundle = exported(saved(model, tmp_path / form, form), form)
        document, found = bundle.json("training.json"), state(bundle)
        assert (document["optimizer"], document["reason"], document["missing"]) == ("kept", None, [])
        assert document["compile"]["loss"] == "mse" or document["compile"]["loss"]["config"] == "mean_squared_error"
        assert found["iterations",] == 3
        np.testing.assert_array_equal(found["learning_rate",], np.float32(0.01))
        assert_kept({key: value for key, value in found.items() if len(key) > 1}, kept(model))


CODE = """
import tensorflow as tf

def distance(y_true, y_pred):
    return tf.reduce_mean(tf.abs(y_true - y_pred) ** 3, -1)
"""


@pytest.mark.parametrize("form", FORMATS)
def test_what_is_missing_is_named_and_comes_with_custom_objects(keras: Any, tmp_path: Path, form: str) -> None:
    """As `--custom-objects` gives it."""
    scope: dict[str, Any] = {}
    exec(CODE, scope)
    path = saved(trained(layers(keras), keras.optimizers.Adam(), loss=scope["distance"]), tmp_path, form)
    document = exported(path, form).json("training.json")
    assert (document["optimizer"], document["missing"], document["compile"]) == ("dropped", ["distance"], None)
    assert "distance" in document["reason"]
    (tmp_path / "own.py").write_text(CODE)
    digest = hashlib.sha256(CODE.encode()).hexdigest()
    shutil.rmtree(tmp_path / "bundle")
    bundle = exported(path, form, own=opened(CustomObjectsFile(str(tmp_path / "own.py"), digest)))
    assert bundle.json("training.json")["optimizer"] == "kept"
    assert "distance" in str(bundle.json("training.json")["compile"]["loss"])
    assert state(bundle)["iterations",] == 3


def assert_kept(slots: Mapping[tuple[str, ...], np.ndarray], before: Mapping[str, np.ndarray]) -> None:
    """Each slot of a bundle is the variable of its name."""
    assert len(slots) == len(before) - 1  # without the number of steps
    for (slot, *weight), value in slots.items():
        [name] = [name for name in before if "/".join(weight) in name and slot_of(name, slot)]
        np.testing.assert_array_equal(value, before[name])


_WORDS = {"momentums": {"m", "momentum"}, "velocities": {"v", "velocity"}, "velocity_hats": {"vhat"},
          "model_variables_moving_average": {"average"}}  # fmt: skip


def slot_of(name: str, slot: str) -> bool:
    """Whether the name of a variable is one of a slot."""
    return bool(_WORDS.get(slot, {slot.removesuffix("s")}) & {*name.split("/")})
