"""The state of a training, from files of every format into the bundle."""

from __future__ import annotations

import hashlib
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import h5py
import numpy as np
import pytest

from exporter import training
from exporter.describe import description
from exporter.load import LoadRequest, load
from exporter.load.custom_objects import CustomObjects, opened
from exporter.restore.account import Account
from exporter.training import state as state_of_training
from interchange.bundle import Bundle, BundleWriter
from interchange.user_files.custom_objects import CustomObjectsFile
from interchange.weight_key import WeightKey
from keras2to3.scanner.examine import examine
from translation.keras2_to_runnable import Normalised

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
    """A model in the middle of its training, whose steps are not traced unless that is asked for."""
    model.compile(optimizer, **{"loss": "mse", "metrics": ["mae"], "run_eagerly": True, **options})
    x = np.linspace(-1, 1, 8 * 4).reshape(8, 4).astype("float32")
    for _ in range(3):
        model.train_on_batch(x, x[:, ::-1] ** 2)
    return model


def saved(model: Any, folder: Path, form: str = "h5") -> Path:
    path = folder / NAMES[form]
    options = {"save_format": "tf", "save_traces": False} if form == "savedmodel" else {}
    model.save(path, **options)
    return path


def exported(path: Path, form: str = "h5", **options: Any) -> Bundle:
    scanned = examine(path)
    described = form == "savedmodel"
    config, compiled = (scanned.architecture, scanned.training) if described else (None, None)
    source = LoadRequest(path, form, architecture=config, training=compiled, **options)
    account, writer = Account(), BundleWriter(path.parent / "bundle", {"keras": "2.15.0"}, {})
    normalised: list[Normalised] = []
    model = load(source, normalised.append, account)
    writer.write_tensors("weights.npz", state_of_weights(model))
    training.write(model, source, account, normalised, writer)
    writer.close()
    return Bundle.open(path.parent / "bundle")


def state_of_weights(model: Any) -> Iterator[tuple[Mapping[str, Any], np.ndarray]]:
    for path, name, variable in description.variables(model):
        yield WeightKey(path, name).to_facts(), variable.numpy()


def own(folder: Path, code: str) -> CustomObjects:
    """What a file defines, as `--custom-objects` gives it."""
    (folder / "own.py").write_text(code)
    return opened(CustomObjectsFile(str(folder / "own.py"), hashlib.sha256(code.encode()).hexdigest()))


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
        bundle = exported(saved(model, folder(tmp_path, form), form), form)
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
    scope: dict[str, Any] = {}
    exec(CODE, scope)
    path = saved(trained(layers(keras), keras.optimizers.Adam(), loss=scope["distance"]), tmp_path, form)
    document = exported(path, form).json("training.json")
    assert (document["optimizer"], document["missing"], document["compile"]) == ("dropped", ["distance"], None)
    assert "distance" in document["reason"]
    shutil.rmtree(tmp_path / "bundle")
    bundle = exported(path, form, own=own(tmp_path, CODE))
    assert bundle.json("training.json")["optimizer"] == "kept"
    assert "distance" in str(bundle.json("training.json")["compile"]["loss"])
    assert state(bundle)["iterations",] == 3


@pytest.mark.parametrize("depth", [600, 20_000])
def test_an_archive_is_built_where_no_parser_gets_through_how_it_was_compiled(
    keras: Any, tmp_path: Path, depth: int
) -> None:
    path = saved(trained(layers(keras), "adam"), tmp_path, "keras")
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = {**json.loads(members["config.json"]), "compile_config": {"loss": "DEEP"}}
    members["config.json"] = json.dumps(config).replace('"DEEP"', "[" * depth + "]" * depth).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    bundle = exported(path, "keras", unreadable_training=examine(path).unreadable_training)
    document = bundle.json("training.json")
    assert (document["optimizer"], document["compile"]) == ("dropped", None)
    assert document["reason"] == "compile_config cannot be read: it is nested deeper than 128 levels"
    assert len(bundle.rows("weights.npz")) == 8


def test_a_number_of_steps_that_is_negative_is_no_state(keras: Any, tmp_path: Path) -> None:
    model = trained(layers(keras), keras.optimizers.Adam())
    model.optimizer.iterations.assign(-5)
    document = exported(saved(model, tmp_path)).json("training.json")
    assert (document["optimizer"], document["reason"]) == ("rebuilt", "the file says that the optimizer made -5 steps")


@pytest.mark.parametrize("eagerly", [False, True], ids=["graph", "eager"])
def test_the_product_of_nadam_is_what_it_was_in_memory(keras: Any, tmp_path: Path, eagerly: bool) -> None:
    """Only a SavedModel has it, which has not whether the model was run eagerly; a `.keras` file has that."""
    model = trained(layers(keras), keras.optimizers.Nadam(), run_eagerly=eagerly)
    product = model.optimizer._u_product.numpy()
    assert 0 < product < (0.2 if eagerly else 1e-3)
    for form in ("keras", "savedmodel"):
        found = state(exported(saved(model, folder(tmp_path, form), form), form))
        np.testing.assert_allclose(found["u_product",], product, rtol=1e-6)


@pytest.mark.parametrize("name", LEGACY)
def test_legacy_optimizers_arrive_by_weight_where_keras_stores_them(keras: Any, tmp_path: Path, name: str) -> None:
    model = trained(layers(keras), LEGACY[name](keras))
    before = {key: value for key, value in kept(model).items() if "momentum_cache" not in key}
    for form in ("h5", "savedmodel"):
        bundle = exported(saved(model, folder(tmp_path, form), form), form)
        document, found = bundle.json("training.json"), state(bundle)
        assert (document["optimizer"], document["reason"]) == ("kept", None)
        assert "legacy" in str(document["compile"]["optimizer"])
        assert (found["iterations",], found["learning_rate",]) == (3, np.float32(0.01))
        if name == "nadam":
            np.testing.assert_array_equal(found["u_product",], kept(model)["Nadam/momentum_cache:0"])
        assert_kept({key: value for key, value in found.items() if len(key) > 1}, before, LEGACY_WORDS)
    document = exported(saved(model, folder(tmp_path, "keras"), "keras"), "keras").json("training.json")
    assert (document["optimizer"], document["reason"]) == (
        "rebuilt", state_of_training._NOTHING
    )  # fmt: skip


def folder(above: Path, name: str) -> Path:
    (above / name).mkdir()
    return above / name


def assert_kept(
    slots: Mapping[tuple[str, ...], np.ndarray],
    before: Mapping[str, np.ndarray],
    words: Mapping[str, set[str]] = MappingProxyType({}),
) -> None:
    """Each slot of a bundle is the variable of its name."""
    assert len(slots) == len(before) - 1  # without the number of steps
    for (slot, *weight), value in slots.items():
        [name] = [name for name in before if "/".join(weight) in name and slot_of(name, slot, words)]
        np.testing.assert_array_equal(value, before[name])


_WORDS = {"momentums": {"m", "momentum"}, "velocities": {"v", "velocity"}, "velocity_hats": {"vhat"},
          "model_variables_moving_average": {"average"}}  # fmt: skip


LEGACY_WORDS = {"u": {"v"}, "velocities": {"v", "rms"}, "average_gradients": {"mg"},
                "accumulated_grads": {"accum_grad"}, "accumulated_delta_vars": {"accum_var"}}  # fmt: skip


def slot_of(name: str, slot: str, words: Mapping[str, set[str]]) -> bool:
    """Whether the name of a variable is one of a slot."""
    known = {**_WORDS, **words}.get(slot, {slot.removesuffix("s")})
    return bool(known & {*name.split(":")[0].split("/")})


def frozen(keras: Any, last: str = "c") -> Any:
    """A frozen layer in front of those that are trained, and one within a nested model."""
    inner = keras.Sequential([keras.Input((4,)), *(keras.layers.Dense(4, name=name) for name in "ab")], name="inner")
    inner.layers[0].trainable = False
    x = keras.Input((4,))
    y = keras.layers.Dense(4, name="fixed", trainable=False)(x)
    return keras.Model(x, keras.layers.Dense(4, name=last)(inner(y)))


def shared(keras: Any) -> Any:
    """One layer at two places, and a recurrent one whose cell has the weights."""
    x, layer = keras.Input((3, 4)), keras.layers.Dense(4, name="twice")
    return keras.Model(x, keras.layers.Bidirectional(keras.layers.GRU(2), name="both")(layer(layer(x))))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("build", [frozen, shared])
def test_each_trained_weight_has_its_own_slots(
    keras: Any, tmp_path: Path, build: Callable[[Any], Any], form: str
) -> None:
    """Two layers of one name and one shape are in different models, which HDF5 cannot hold."""
    model = build(keras, "c" if form == "h5" else "b") if build is frozen else build(keras)
    model.compile(keras.optimizers.Adam(), "mse", run_eagerly=True)
    shape = [(8, *each.shape[1:]) for each in (*model.inputs, *model.outputs)]
    rng = np.random.default_rng(1)
    for _ in range(2):
        model.train_on_batch(*(rng.random(each).astype("float32") for each in shape))
    bundle = exported(saved(model, tmp_path, form), form)
    assert bundle.json("training.json")["reason"] is None
    found = state(bundle)
    keys = {id(variable): (*path, name) for path, name, variable in description.variables(model)}
    for number, weight in enumerate(model.trainable_variables):
        for slot in ("momentums", "velocities"):
            before = getattr(model.optimizer, f"_{slot}")[number].numpy()
            np.testing.assert_array_equal(found[(slot, *keys[id(weight)])], before)
    assert len(found) == 2 + 2 * len(model.trainable_variables)


def test_a_state_of_weights_that_were_converted_is_left_out(keras: Any, tmp_path: Path) -> None:
    """The kernels of a cuDNN layer lie otherwise in the file, and what its optimizer keeps of them does as well."""
    x = keras.Input((3, 4))
    model = trained_on(keras.Model(x, keras.layers.GRU(2, reset_after=True, name="gru")(x)), keras.optimizers.Adam())
    path = saved(model, tmp_path)
    with h5py.File(path, "a") as file:
        config = file.attrs["model_config"]
        file.attrs["model_config"] = config.replace('"class_name": "GRU"', '"class_name": "CuDNNGRU"')
        group = file["model_weights/gru"]
        names = [name for name in group.attrs["weight_names"] if "bias" in name]
        bias = group[names[0]][()]
        del group[names[0]]
        group[names[0]] = bias.reshape(-1)
    document = exported(path).json("training.json")
    assert document["optimizer"] == "rebuilt"
    assert "the file has gru/cell/kernel in another form" in document["reason"]


def trained_on(model: Any, optimizer: Any) -> Any:
    model.compile(optimizer, "mse", run_eagerly=True)
    model.train_on_batch(*(np.ones((2, *each.shape[1:]), np.float32) for each in (*model.inputs, *model.outputs)))
    return model


def test_a_loss_that_the_model_adds_itself_is_not_left_out_silently(keras: Any, tmp_path: Path) -> None:
    model = layers(keras)
    model.add_loss(1e-3 * keras.backend.sum(keras.backend.abs(model.output)))
    document = exported(saved(trained(model, keras.optimizers.Adam()), tmp_path)).json("training.json")
    assert (document["optimizer"], document["compile"]) == ("dropped", None)
    assert "AddLoss" in document["reason"]


def test_a_metric_that_the_model_adds_itself_is_no_obstacle(keras: Any, tmp_path: Path) -> None:
    model = layers(keras)
    model.add_metric(keras.backend.sum(model.output), name="sum")
    document = exported(saved(trained(model, keras.optimizers.Adam()), tmp_path)).json("training.json")
    assert (document["optimizer"], document["reason"]) == ("kept", None)
    assert document["metrics_names"] == ["loss", "mae", "sum"]


def test_a_part_of_a_model_is_not_compiled(keras: Any, tmp_path: Path) -> None:
    model = frozen(keras)
    path = saved(trained(model, keras.optimizers.Adam()), tmp_path, "keras")
    document = exported(path, "keras", part="inner").json("training.json")
    assert (document["optimizer"], document["compile"]) == ("dropped", None)
    assert "as a whole" in document["reason"]


def test_the_state_is_left_out_where_it_is_not_wanted(keras: Any, tmp_path: Path) -> None:
    path = saved(trained(layers(keras), keras.optimizers.Adam(0.01)), tmp_path)
    bundle = exported(path, no_optimizer=True)
    assert bundle.json("training.json")["optimizer"] == "rebuilt"
    assert bundle.json("training.json")["compile"]["optimizer"]["config"]["learning_rate"] == pytest.approx(0.01)
    assert "optimizer.npz" not in bundle.manifest.files


def test_the_rate_that_a_callback_has_set_is_the_rate(keras: Any, tmp_path: Path) -> None:
    model = trained(layers(keras), keras.optimizers.Adam(0.01))
    model.optimizer.learning_rate = 0.004
    for form in FORMATS:
        bundle = exported(saved(model, folder(tmp_path, form), form), form)
        assert state(bundle)["learning_rate",] == np.float32(0.004)
        assert bundle.json("training.json")["compile"]["optimizer"]["config"]["learning_rate"] == pytest.approx(0.004)


def test_a_schedule_goes_on_from_its_step_and_is_no_number(keras: Any, tmp_path: Path) -> None:
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)
    for form in FORMATS:
        optimizer = keras.optimizers.SGD(schedule)
        bundle = exported(saved(trained(layers(keras), optimizer), folder(tmp_path, form), form), form)
        assert [*state(bundle)] == [("iterations",)]
        found = bundle.json("training.json")["compile"]["optimizer"]["config"]["learning_rate"]
        assert found["config"]["decay_steps"] == 10


def test_several_metrics_by_the_name_of_the_only_output_fit_it(keras: Any, tmp_path: Path) -> None:
    x = keras.Input((4,))
    model = keras.Model(x, keras.layers.Dense(4, name="out")(x))
    path = saved(trained(model, keras.optimizers.SGD(), metrics={"out": ["mae", "mse"]}), tmp_path, "keras")
    document = exported(path, "keras").json("training.json")
    assert (document["optimizer"], document["reason"]) == ("kept", None)
    assert document["metrics_names"] == ["loss", "mae", "mse"]


STEP = """
import keras

class Own(keras.Model):
    {}
"""
OVERRIDES = "def train_step(self, data):\n        return super().train_step(data)"


@pytest.mark.parametrize(
    ("code", "reason"),
    [(None, "its class Own may train in a way of its own"), (OVERRIDES, "by train_step"), ("pass", None)],
)
def test_a_class_that_trains_in_its_own_way_is_not_trained_in_another(
    keras: Any, tmp_path: Path, code: str | None, reason: str | None
) -> None:
    """Its step of a training is in no file, and a model is rebuilt without its class."""
    scope: dict[str, Any] = {}
    exec(STEP.format(OVERRIDES), scope)
    model = layers(keras)
    model = trained(scope["Own"](model.inputs, model.outputs), keras.optimizers.Adam())
    given = {} if code is None else {"own": own(tmp_path, STEP.format(code))}
    document = exported(saved(model, tmp_path, "savedmodel"), "savedmodel", **given).json("training.json")
    assert document["optimizer"] == ("kept" if reason is None else "dropped")
    assert (reason is None) == (document["reason"] is None)
    assert (reason or "") in (document["reason"] or "")
