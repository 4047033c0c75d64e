"""How a model is compiled, and the state of its optimizer, go back to Keras 2.15."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from interchange.bundle import Bundle
from tests.keras3.rollback_models import described, in_training, of_bundle, plain, recast, tensors

# Of eager functions, which leaves those that read batches as they are.
pytestmark = pytest.mark.filterwarnings("ignore:Even though the `tf.config:UserWarning")

OPTIMIZERS: dict[str, Callable[[Any], Any]] = {
    "sgd": lambda o: o.SGD(0.1),
    "momentum": lambda o: o.SGD(0.1, momentum=0.9, nesterov=True),
    "adam": lambda o: o.Adam(0.01, clipnorm=1.0),
    "amsgrad": lambda o: o.Adam(0.01, amsgrad=True, use_ema=True),
    "adamw": lambda o: o.AdamW(0.01, weight_decay=0.01),
    "adamax": lambda o: o.Adamax(0.01),
    "nadam": lambda o: o.Nadam(0.01),
    "rmsprop": lambda o: o.RMSprop(0.01, momentum=0.5, centered=True),
    "adagrad": lambda o: o.Adagrad(0.01),
    "adadelta": lambda o: o.Adadelta(0.5),
    "ftrl": lambda o: o.Ftrl(0.01),
    "lion": lambda o: o.Lion(0.01),
    "adafactor": lambda o: o.Adafactor(0.01),
    "schedule": lambda o: o.Adam(o.schedules.ExponentialDecay(0.1, 10, 0.5)),
    "legacy": lambda o: o.legacy.Adam(0.01),
    "scaled": lambda o: __import__("tf_keras").mixed_precision.LossScaleOptimizer(o.Adam(0.01)),
}
KERAS_3 = ("sgd", "momentum", "adam", "amsgrad", "adamw", "adamax", "nadam", "rmsprop", "adagrad", "adadelta", "ftrl",
           "lion", "adafactor", "schedule")  # fmt: skip


@pytest.fixture(autouse=True)
def _eagerly() -> Iterator[None]:
    """Compiling a step takes longer than running the few that there are."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def compiled(model: Any, optimizer: Any, folder: Path, loss: Any = "mse") -> Path:
    """The bundle of a model of Keras 2 after two steps."""
    model.compile(optimizer, loss, metrics=["mae"])
    shapes = [(4, *tensor.shape[1:]) for tensor in (model.inputs[0], model.outputs[0])]
    model.fit(*map(np.ones, shapes), epochs=2, verbose=0)
    return in_training(model, folder / "bundle", goes_on=False)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_unchanged_training_comes_back_byte_for_byte(old: Any, name: str, tmp_path: Path) -> None:
    bundle = compiled(plain(old), OPTIMIZERS[name](old.optimizers), tmp_path)
    told, back = described(of_bundle(bundle, tmp_path / "model.keras"), tmp_path / "back")
    before = Bundle.open(bundle)
    assert told.changes == ()
    assert back.json("training.json") == before.json("training.json")
    assert tensors(back, "optimizer.npz") == tensors(before, "optimizer.npz")
    assert tensors(back, "weights.npz") == tensors(before, "weights.npz")


def test_slots_of_weights_in_another_form(old: Any, tmp_path: Path) -> None:
    bundle = compiled(recast(old), old.optimizers.Adam(0.01), tmp_path)
    _, back = described(of_bundle(bundle, tmp_path / "model.keras"), tmp_path / "back")
    assert tensors(back, "optimizer.npz") == tensors(Bundle.open(bundle), "optimizer.npz")


@pytest.fixture
def result(old: Any, tmp_path: Path) -> Path:
    """A migrated model that was compiled with Adam."""
    return of_bundle(compiled(plain(old), old.optimizers.Adam(0.01), tmp_path), tmp_path / "model.keras")


@pytest.fixture
def trained(result: Path, tmp_path: Path) -> Callable[..., Path]:
    """The migrated model after something was done to it, as stock Keras 3 saves it."""
    import keras

    def trained(change: Callable[[Any], None], *, steps: int = 1) -> Path:
        model = keras.saving.load_model(result)
        change(model)
        model.fit(np.ones((4, 6)), np.ones((4, 2)), epochs=steps, verbose=0)
        model.save(tmp_path / "trained.keras")
        return tmp_path / "trained.keras"

    return trained


def test_further_steps_go_back(trained: Callable[..., Path], result: Path, tmp_path: Path) -> None:
    path = trained(lambda model: None, steps=3)
    told, back = described(path, tmp_path / "back", origin=result)
    before = Bundle.open(tmp_path / "bundle")
    assert told.changes == ()
    assert back.json("training.json") == before.json("training.json")
    kept = {row.facts["slot"]: back.read(row) for row in back.rows("optimizer.npz")}
    assert int(kept["iterations"]) == 5
    assert [row[:3] for row in tensors(back, "optimizer.npz")] == [row[:3] for row in tensors(before, "optimizer.npz")]


def test_a_learning_rate_that_a_callback_has_lowered(
    trained: Callable[..., Path], result: Path, tmp_path: Path
) -> None:
    def lower(model: Any) -> None:
        model.optimizer.learning_rate = 0.125

    told, back = described(trained(lower), tmp_path / "back", origin=result)
    document = back.json("training.json")
    assert document["compile"]["optimizer"]["config"]["learning_rate"] == 0.125
    assert document["optimizer"] == "kept"
    (change,) = told.changes
    assert (change.kind, change.rule) == ("training-only", "compile")
    assert change.text.startswith("optimizer.learning_rate is 0.125 now, and was 0.00999")
    kept = {row.facts["slot"]: back.read(row) for row in back.rows("optimizer.npz")}
    assert float(kept["learning_rate"]) == 0.125


@pytest.mark.parametrize("name", KERAS_3)
def test_another_optimizer_is_translated_back(
    name: str, trained: Callable[..., Path], result: Path, tmp_path: Path
) -> None:
    def compile_(model: Any) -> None:
        import keras

        loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
        model.compile(OPTIMIZERS[name](keras.optimizers), loss, metrics=["accuracy"])

    told, back = described(trained(compile_), tmp_path / "back", origin=result)
    document = back.json("training.json")
    assert document["optimizer"] == "kept"
    assert document["compile"]["loss"]["class_name"] == "CategoricalCrossentropy"
    assert "gradient_accumulation_steps" not in document["compile"]["optimizer"]["config"]
    assert any(change.text.startswith("loss is CategoricalCrossentropy now") for change in told.changes)
    assert int(next(back.read(row) for row in back.rows("optimizer.npz") if row.facts["slot"] == "iterations")) == 1


@pytest.mark.parametrize(
    ("options", "text"),
    [
        (lambda keras: (keras.optimizers.Adam(gradient_accumulation_steps=2), "mse"), "gradient_accumulation_steps=2"),
        (lambda keras: (keras.optimizers.Muon(), "mse"), "Muon"),
        (lambda keras: ("adam", keras.losses.Dice()), "Dice"),
    ],
)
def test_what_keras_2_lacks_leaves_the_model_uncompiled(
    options: Any, text: str, trained: Callable[..., Path], result: Path, tmp_path: Path
) -> None:
    import keras

    told, back = described(trained(lambda model: model.compile(*options(keras))), tmp_path / "back", origin=result)
    document = back.json("training.json")
    assert (document["compile"], document["optimizer"]) == (None, "dropped")
    assert text in document["reason"]
    assert "goes back uncompiled" in told.changes[0].text
    assert "optimizer.npz" not in back.manifest.files


def test_a_model_that_is_not_compiled_any_more(result: Path, tmp_path: Path) -> None:
    import keras

    keras.saving.load_model(result, compile=False).save(tmp_path / "bare.keras")
    told, back = described(tmp_path / "bare.keras", tmp_path / "back", origin=result)
    assert "training.json" not in back.manifest.files
    assert [change.rule for change in told.changes] == ["compile"]
    assert "is not any more" in told.changes[0].text


def test_the_state_is_left_out_as_asked(result: Path, tmp_path: Path) -> None:
    _, back = described(result, tmp_path / "back", no_optimizer=True)
    document = back.json("training.json")
    assert (document["optimizer"], document["reason"]) == (
        "rebuilt", "the state of the optimizer was left out, as asked",
    )  # fmt: skip
    assert "optimizer.npz" not in back.manifest.files


@pytest.mark.parametrize("name", ["adam", "momentum", "rmsprop", "schedule"])
def test_without_an_origin_it_is_translated_back_as_well(name: str, tmp_path: Path) -> None:
    import keras

    model = plain(keras)
    model.compile(OPTIMIZERS[name](keras.optimizers), "binary_crossentropy", metrics=["accuracy"])
    model.fit(np.ones((4, 6)), np.ones((4, 2)), verbose=0)
    model.save(tmp_path / "model.keras")
    _, back = described(tmp_path / "model.keras", tmp_path / "back")
    document = back.json("training.json")
    assert (document["optimizer"], document["compile"]["loss"]) == ("kept", "binary_crossentropy")
    assert {row.facts["layer"][0] for row in back.rows("optimizer.npz") if "layer" in row.facts} == {
        "in", "norm", "out",
    }  # fmt: skip


def test_names_that_stand_for_objects(tmp_path: Path) -> None:
    import keras

    model = plain(keras)
    model.compile("rmsprop", "mse", metrics=["mae", "acc"])
    model.optimizer.learning_rate = 0.25
    model.fit(np.ones((4, 6)), np.ones((4, 2)), verbose=0)
    model.save(tmp_path / "model.keras")
    told, back = described(tmp_path / "model.keras", tmp_path / "back")
    document = back.json("training.json")
    assert document["compile"]["optimizer"]["config"]["learning_rate"] == 0.25
    assert (document["compile"]["loss"], document["compile"]["metrics"]) == ("mean_squared_error", ["mae", "acc"])
    assert document["optimizer"] == "kept"
    assert told.changes == ()


@pytest.mark.filterwarnings("ignore:A total of 1 objects could not be loaded", "ignore:Skipping variable loading")
def test_an_optimizer_without_a_step_begins_anew(tmp_path: Path) -> None:
    import keras

    model = plain(keras)
    model.compile("adam", "mse")
    model.save(tmp_path / "model.keras")
    _, back = described(tmp_path / "model.keras", tmp_path / "back")
    assert back.json("training.json")["reason"] == "the optimizer has made no step"


def test_several_outputs(tmp_path: Path) -> None:
    import keras

    x = keras.Input((3,), name="x")
    model = keras.Model(x, [keras.layers.Dense(1, name="a")(x), keras.layers.Dense(2, name="b")(x)])
    model.compile("sgd", {"a": "mse", "b": "mae"}, loss_weights={"a": 1.0, "b": 0.5}, metrics={"b": ["mse"]})
    model.save(tmp_path / "model.keras")
    _, back = described(tmp_path / "model.keras", tmp_path / "back")
    document = back.json("training.json")
    assert document["compile"]["loss"] == ["mean_squared_error", "mean_absolute_error"]
    assert document["compile"]["loss_weights"] == [1.0, 0.5]
