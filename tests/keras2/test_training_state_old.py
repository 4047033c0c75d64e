"""The state of a training from files of older Keras, and from files in which it does not fit."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from tests.keras2.test_training_state import LEGACY, exported, layers, saved, state, trained
from tests.models.old_training import Tensors, compiled_as, counted, laid_out

Config = dict[str, Any]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """A file of a model that was trained by the optimizer of that name, which is made once."""
    import keras

    folder = tmp_path_factory.mktemp("trained")
    made: dict[str, Path] = {}

    def file(name: str) -> Path:
        if name not in made:
            keras.backend.clear_session()
            keras.utils.set_random_seed(2015)
            optimizer = {**LEGACY, **OTHERS}[name](keras)
            (folder / name).mkdir()
            made[name] = saved(trained(layers(keras), optimizer), folder / name)
        return made[name]

    return file


OTHERS: Mapping[str, Callable[[Any], Any]] = {
    "plain adam": lambda keras: keras.optimizers.legacy.Adam(0.01),
    "plain sgd": lambda keras: keras.optimizers.legacy.SGD(0.01, decay=0.1),
    "plain rmsprop": lambda keras: keras.optimizers.legacy.RMSprop(0.01),
    "new adam": lambda keras: keras.optimizers.Adam(0.01),
}


def copied(source: Path, folder: Path) -> Path:
    shutil.copy(source, folder / "model.h5")
    return folder / "model.h5"


def without_steps(tensors: Tensors) -> Tensors:
    return tensors[1:]


def with_unused(tensors: Tensors) -> Tensors:
    """What Keras before 2.3 stores for an Adam that is no AMSGrad: placeholders."""
    weights = (len(tensors) - 1) // 2
    return [*tensors, *((f"vhat/{number}", np.zeros(1, np.float32)) for number in range(weights))]


def with_moments(tensors: Tensors) -> Tensors:
    """What Keras before 2.3 stores for an SGD without momentum."""
    return [*tensors, *((f"moment/{number}", np.zeros(shape, np.float32)) for number, shape in enumerate(SHAPES))]


SHAPES = [(4, 4), (4,), (4,), (4,), (4, 4), (4,)]


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("adam", [counted("Variable_{}")]),
        ("plain adam", [counted("m_{}")]),
        ("plain adam", [with_unused, counted("Variable_{}")]),
        ("plain sgd", [with_moments, counted("Variable_{}")]),
        ("nadam", [lambda tensors: [tensors[0], *tensors[2:]], counted("Variable_{}")]),
        ("plain rmsprop", [counted("accumulator_{}"), without_steps]),
        ("adagrad", [counted("accumulator_{}"), without_steps]),
        ("adadelta", [counted("Variable_{}"), without_steps]),
        ("adamax", [counted("Variable_{}")]),
        ("plain adam", [lambda tensors: [(f"training/{name}", value) for name, value in tensors]]),
        ("plain adam", [lambda tensors: [tensors[0], *tensors[:0:-1]]]),
        ("new adam", [lambda tensors: tensors[::-1]]),
    ],
)  # fmt: skip
def test_layouts_of_older_keras_arrive_as_those_of_keras_2_15(
    files: Callable[[str], Path], tmp_path: Path, name: str, changes: list[Callable[[Tensors], Tensors]]
) -> None:
    path = copied(files(name), tmp_path)
    expected = state(exported(path))
    shutil.rmtree(tmp_path / "bundle")
    for change in changes:
        laid_out(path, change)
    bundle = exported(path)
    assert (bundle.json("training.json")["optimizer"], bundle.json("training.json")["reason"]) == ("kept", None)
    found = state(bundle)
    if without_steps in changes:
        assert found.pop(("iterations",)) == 0
        expected.pop(("iterations",))
    assert [*found] == [*expected]
    for key, value in expected.items():
        np.testing.assert_allclose(found[key], value, rtol=1e-6 if key == ("u_product",) else 0, err_msg=str(key))


def keras_2_0(config: Config) -> Config:
    """As Keras 2.0 to 2.3 wrote it, in which optimizers have an `lr`."""
    optimizer = config["optimizer_config"]
    arguments = {key: value for key, value in optimizer["config"].items() if key not in ("name", "learning_rate")}
    arguments |= {"lr": optimizer["config"]["learning_rate"], "epsilon": None}
    return {
        "optimizer_config": {"class_name": optimizer["class_name"], "config": arguments}, "loss": "mse",
        "metrics": ["acc"], "sample_weight_mode": None, "loss_weights": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        keras_2_0,
        lambda config: {**keras_2_0(config), "metrics": None},
        lambda config: {**keras_2_0(config), "metrics": [], "loss": ["mse"], "loss_weights": [0.5]},
        lambda config: {**keras_2_0(config), "metrics": {"last": ["acc"]}, "loss": {"last": "mse"},
                        "loss_weights": {"last": 0.5}},
        lambda config: {**keras_2_0(config), "loss": "cosine_proximity", "sample_weight_mode": "temporal"},
        lambda config: {key: value for key, value in keras_2_0(config).items() if "weight" not in key},
        lambda config: {**config, "optimizer_config": {**config["optimizer_config"], "class_name": "adam"}},
    ],
)  # fmt: skip
def test_how_older_keras_wrote_that_a_model_is_compiled(
    files: Callable[[str], Path], tmp_path: Path, change: Callable[[Config], Config]
) -> None:
    path = copied(files("plain adam"), tmp_path)
    compiled_as(path, change)
    bundle = exported(path)
    document = bundle.json("training.json")
    assert (document["optimizer"], document["reason"]) == ("kept", None)
    optimizer = document["compile"]["optimizer"]
    assert (optimizer["module"], optimizer["class_name"]) == ("keras.optimizers.legacy", "Adam")
    assert optimizer["config"]["learning_rate"] == pytest.approx(0.01)
    assert optimizer["config"]["epsilon"] == 1e-7
    assert state(bundle)["iterations",] == 3


def replaced(name: str, value: Any) -> Callable[[Tensors], Tensors]:
    return lambda tensors: [(key, value if name in key else old) for key, old in tensors]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda tensors: tensors[:-1], "does not store v of last/bias"),
        (lambda tensors: [tensors[0], *tensors[2:]], "does not store m of first/kernel"),
        (lambda tensors: [*tensors, ("Adam/m/other/kernel:0", np.zeros(3))], "stores Adam/m/other/kernel:0"),
        (lambda tensors: [(key.replace("last", "other"), value) for key, value in tensors], "stores Adam/m/other"),
        (replaced("m/last/bias", np.zeros(5, np.float32)), "m of last/bias has shape"),
        (replaced("m/last/bias", np.full(4, 1 / 3)), "is float64, which float32 cannot hold"),
        (replaced("iteration", np.int64(-5)), "the optimizer made -5 steps"),
        (replaced("iteration", np.uint64(2**63)), "made 9,223,372,036,854,775,808 steps, and no optimizer counts on"),
        (replaced("iteration", np.int64(2**63 - 1)), "made 9,223,372,036,854,775,807 steps"),
        (replaced("iteration", np.float32(2**70)), "steps, and no optimizer counts on from there"),
        (replaced("iteration", np.float32(2.5)), "is float32, which int64 cannot hold"),
        (replaced("iteration", np.float32("nan")), "is float32, which int64 cannot hold"),
    ],
)
def test_a_state_that_does_not_fit_is_left_out_with_the_reason(
    files: Callable[[str], Path], tmp_path: Path, change: Callable[[Tensors], Tensors], reason: str
) -> None:
    path = copied(files("new adam"), tmp_path)
    laid_out(path, change)
    bundle = exported(path)
    document = bundle.json("training.json")
    assert document["optimizer"] == "rebuilt"
    assert reason in document["reason"]
    assert document["compile"]["optimizer"]["class_name"] == "Adam"
    assert "optimizer.npz" not in bundle.manifest.files


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("iteration", np.int64(2**62)),
        ("iteration", np.int32(7)),
        ("iteration", np.float32(7)),
        ("v/last/bias", np.array([np.nan, np.inf, -np.inf, -0.0], np.float32)),
    ],
)
def test_strange_numbers_arrive_as_they_are(
    files: Callable[[str], Path], tmp_path: Path, name: str, value: Any
) -> None:
    path = copied(files("new adam"), tmp_path)
    laid_out(path, replaced(name, value))
    bundle = exported(path)
    assert bundle.json("training.json")["reason"] is None
    key = ("iterations",) if name == "iteration" else ("velocities", "last", "bias")
    assert state(bundle)[key].tobytes() == value.astype(state(bundle)[key].dtype).tobytes()


def test_a_tensor_that_is_listed_and_not_there(files: Callable[[str], Path], tmp_path: Path) -> None:
    import h5py

    path = copied(files("new adam"), tmp_path)
    with h5py.File(path, "a") as file:
        del file["optimizer_weights/Adam/m/last/bias:0"]
    document = exported(path).json("training.json")
    assert document["optimizer"] == "rebuilt"
    assert "lists Adam/m/last/bias:0 of its optimizer and does not hold it" in document["reason"]


def optimizer(**parts: Any) -> Callable[[Config], Config]:
    return lambda config: {**config, "optimizer_config": {**config["optimizer_config"], **parts}}


@pytest.mark.parametrize(
    ("change", "reason", "missing"),
    [
        (lambda config: {**config, "loss": {"other": "mse"}}, "does not fit the outputs of the model", []),
        (lambda config: {**config, "loss": ["mse", "mse"]}, "does not fit the outputs of the model", []),
        (lambda config: {**config, "loss_weights": [1.0, 2.0]}, "does not fit the outputs of the model", []),
        (lambda config: {**config, "loss": "mine"}, "does not know mine", ["mine"]),
        (lambda config: {**config, "metrics": [["os"]]}, "does not know os", ["os"]),
        (lambda config: {**config, "loss_weights": "os"}, "its loss_weights are no numbers", []),
        (lambda config: {**config, "loss": 7}, "a loss of it is 7", []),
        (lambda config: {"loss": "mse"}, "it has no optimizer", []),
        (optimizer(class_name="Addons>AdamW"), "does not know Addons>AdamW", ["Addons>AdamW"]),
        (optimizer(class_name="Popen", module="subprocess"), "does not know Popen", ["Popen"]),
        (optimizer(module="os"), "does not know", ["Custom>Adam"]),
        (optimizer(config=7), "the config of Custom>Adam is none", []),
        (optimizer(config={"learning_rate": "fast", "is_legacy_optimizer": False}), "cannot compile it", []),
        (optimizer(config={"wings": 2, "is_legacy_optimizer": False}), "cannot compile it", []),
    ],
)  # fmt: skip
def test_a_config_that_names_what_nobody_has_or_fits_nothing_leaves_the_model_uncompiled(
    files: Callable[[str], Path], tmp_path: Path, change: Callable[[Config], Config], reason: str, missing: list[str]
) -> None:
    path = copied(files("new adam"), tmp_path)
    compiled_as(path, change)
    bundle = exported(path)
    document = bundle.json("training.json")
    assert (document["optimizer"], document["compile"], document["missing"]) == ("dropped", None, missing)
    assert reason in document["reason"]
    assert "optimizer.npz" not in bundle.manifest.files


def test_a_model_that_is_not_compiled_has_no_such_document(keras: Any, tmp_path: Path) -> None:
    bundle = exported(saved(layers(keras), tmp_path))
    assert "training.json" not in bundle.manifest.files


DENSE = {
    "class_name": "Dense",
    "config": {"name": "d", "output_dim": 2, "init": "one", "activation": "linear", "bias": True, "input_dim": 2,
               "batch_input_shape": [None, 2]},
}  # fmt: skip


def test_keras_1_has_its_settings_and_no_state(keras: Any, tmp_path: Path) -> None:
    """Its optimizers kept what they did in the order and the form of its own weights."""
    path = tmp_path / "model.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps({"class_name": "Sequential", "config": [DENSE]})
        group = file.create_group("model_weights")
        group.attrs["layer_names"] = [b"d"]
        group.create_group("d").attrs["weight_names"] = [b"d_W:0", b"d_b:0"]
        group["d/d_W:0"], group["d/d_b:0"] = np.ones((2, 2), np.float32), np.ones(2, np.float32)
        adam = {"lr": 0.25, "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-8}
        file.attrs["training_config"] = json.dumps({
            "optimizer_config": {"class_name": "Adam", "config": adam}, "loss": "mse", "metrics": ["accuracy"],
            "sample_weight_mode": None, "loss_weights": None,
        })  # fmt: skip
        group = file.create_group("optimizer_weights")
        group.attrs["weight_names"] = [f"Variable_{number}:0".encode() for number in range(5)]
        for number, shape in enumerate([(), (2, 2), (2,), (2, 2), (2,)]):
            group[f"Variable_{number}:0"] = np.ones(shape, np.float32)
    document = exported(path).json("training.json")
    assert document["optimizer"] == "rebuilt"
    assert "the file has d/kernel in another form" in document["reason"]
    config = document["compile"]["optimizer"]["config"]
    assert (config["learning_rate"], config["epsilon"]) == (0.25, 1e-8)


def test_what_scaled_a_loss_before_tensorflow_2_4(files: Callable[[str], Path], tmp_path: Path) -> None:
    path = copied(files("plain adam"), tmp_path)
    scale = {"class_name": "DynamicLossScale",
             "config": {"initial_loss_scale": 8.0, "increment_period": 100, "multiplier": 2.0}}  # fmt: skip

    def scaled(config: Config) -> Config:
        inner = {"optimizer": config["optimizer_config"], "loss_scale": scale}
        return {**config, "optimizer_config": {"class_name": "LossScaleOptimizer", "config": inner}}

    compiled_as(path, scaled)
    document = exported(path).json("training.json")
    assert (document["optimizer"], document["reason"]) == ("kept", None)
    assert document["compile"]["optimizer"]["config"]["initial_scale"] == 8.0


def test_an_optimizer_before_its_first_step_has_all_of_its_state(keras: Any, tmp_path: Path) -> None:
    model = layers(keras)
    for form in ("h5", "keras", "savedmodel"):
        model.compile(keras.optimizers.Adagrad(0.5, initial_accumulator_value=0.25), "mse")
        (tmp_path / form).mkdir()
        bundle = exported(saved(model, tmp_path / form, form), form)
        document, found = bundle.json("training.json"), state(bundle)
        assert (document["optimizer"], document["reason"]) == ("kept", None)
        assert found.pop(("iterations",)) == 0
        assert found.pop(("learning_rate",)) == 0.5
        assert len(found) == len(model.trainable_weights)
        assert all((value == 0.25).all() for value in found.values())


def test_an_optimizer_after_some_steps_that_keeps_nothing_of_them_begins_anew(keras: Any, tmp_path: Path) -> None:
    model = layers(keras)
    model.compile(keras.optimizers.Adam(), "mse")
    model.optimizer.iterations.assign(7)
    document = exported(saved(model, tmp_path)).json("training.json")
    assert document["optimizer"] == "rebuilt"
    assert document["reason"].endswith("keeps for weights, after 7 steps")
