"""How a model was compiled, with nothing in it that Keras has to look for."""

from __future__ import annotations

from typing import Any

import pytest

from translation.training.compile_config import UnclearConfigError, known

ADAM = {"class_name": "Custom>Adam", "config": {"learning_rate": 0.1, "is_legacy_optimizer": False}}
OLD = {"class_name": "Adam", "config": {"lr": 0.1, "decay": 0.5}}


def legacy(**parts: Any) -> dict[str, Any]:
    """As HDF5 and a SavedModel have it."""
    return {"optimizer_config": ADAM, "loss": "mse", "metrics": ["acc"], **parts}


def modern(**parts: Any) -> dict[str, Any]:
    """As a `.keras` file has it."""
    return {"optimizer": {**ADAM, "module": "keras.optimizers", "registered_name": None}, "loss": "mse", **parts}


@pytest.mark.parametrize(
    ("entry", "module", "name"),
    [
        (ADAM, "keras.optimizers", "Adam"),
        ({**ADAM, "class_name": "Adam"}, "keras.optimizers", "Adam"),
        ({**ADAM, "class_name": "adamw"}, "keras.optimizers", "AdamW"),
        ("rmsprop", "keras.optimizers", "RMSprop"),
        (OLD, "keras.optimizers.legacy", "Adam"),
        ({"class_name": "sgd", "config": {}}, "keras.optimizers.legacy", "SGD"),
        ({"class_name": "SGD", "config": {}, "module": "keras.optimizers.experimental"}, "keras.optimizers", "SGD"),
        ({"class_name": "SGD", "config": {}, "module": "keras.optimizers.legacy"}, "keras.optimizers.legacy", "SGD"),
        ({"class_name": "SGD", "config": {}, "module": "keras.src.optimizers.legacy.gradient_descent"},
         "keras.optimizers.legacy", "SGD"),
    ],
)  # fmt: skip
def test_an_optimizer_is_of_the_generation_that_its_config_tells(entry: Any, module: str, name: str) -> None:
    found = known(legacy(optimizer_config=entry), ())
    assert found.missing == ()
    optimizer = found.config["optimizer_config"]
    assert (optimizer["module"], optimizer["class_name"]) == (module, name)
    assert (module == "keras.optimizers") == (optimizer["registered_name"] == f"Custom>{name}")
    assert optimizer["config"]  # Keras takes an old one without arguments for a new one


@pytest.mark.parametrize("inner", [ADAM, OLD])
def test_what_scales_a_loss_is_of_the_generation_of_what_is_within(inner: Any) -> None:
    scaled = {"class_name": "LossScaleOptimizer", "config": {"inner_optimizer": inner, "dynamic": True}}
    optimizer = known(legacy(optimizer_config=scaled), ()).config["optimizer_config"]
    assert optimizer["class_name"] == ("LossScaleOptimizerV3" if inner is ADAM else "LossScaleOptimizer")
    assert optimizer["config"]["inner_optimizer"]["class_name"] == "Adam"


def test_what_scaled_a_loss_before_tensorflow_2_4() -> None:
    scale = {"class_name": "DynamicLossScale", "config": {"initial_loss_scale": 2.0}}
    scaled = {"class_name": "LossScaleOptimizer", "config": {"optimizer": OLD, "loss_scale": scale}}
    assert known(legacy(optimizer_config=scaled), ()).missing == ()
    scaled["config"]["loss_scale"] = {"class_name": "Popen", "config": {}}
    assert known(legacy(optimizer_config=scaled), ()).missing == ("Popen",)


SCHEDULE = {"class_name": "ExponentialDecay", "config": {"decay_steps": 2}}


@pytest.mark.parametrize("module", [None, "keras.optimizers.schedules", "keras.src.optimizers.schedules"])
def test_a_schedule_is_looked_up_by_its_name_alone(module: str | None) -> None:
    optimizer = {**ADAM, "config": {"learning_rate": {**SCHEDULE, "module": module}}}
    rate = known(legacy(optimizer_config=optimizer), ()).config["optimizer_config"]["config"]["learning_rate"]
    assert rate == {**SCHEDULE, "module": "keras.optimizers.schedules", "registered_name": None}


FUNCTION = {"class_name": "function", "module": "builtins", "config": "mine", "registered_name": "mine"}


@pytest.mark.parametrize(
    ("loss", "made"),
    [
        ("mse", "mse"),
        ("MeanSquaredError", "MeanSquaredError"),
        ("cosine_proximity", "cosine_similarity"),
        ("mine", "mine"),
        ("pack>mine", "mine"),
        (FUNCTION, "mine"),
        ({**FUNCTION, "config": "mean_squared_error", "registered_name": "function"}, "mean_squared_error"),
        ({"a": "mse", "b": None}, {"a": "mse", "b": None}),
        (["mse", ["mae"]], ["mse", ["mae"]]),
        (None, None),
        ("", None),
    ],
)
def test_losses_by_name(loss: Any, made: Any) -> None:
    found = known(legacy(loss=loss), {"mine"})
    assert (found.config["loss"], found.missing) == (made, ())


def test_a_class_of_the_users_is_found_by_any_of_its_names_and_has_no_module() -> None:
    loss = {"class_name": "Mine", "module": "os", "config": {"rate": 1}, "registered_name": "pack>Mine"}
    found = known(modern(loss=loss), {"Mine"})
    assert found.config["loss"] == {
        "class_name": "Mine", "module": None, "config": {"rate": 1}, "registered_name": "Mine"
    }  # fmt: skip
    assert found.missing == ()


def test_a_dtype_policy_and_an_array_are_no_names() -> None:
    policy = {"class_name": "Policy", "config": {"name": "float32"}, "module": "keras.mixed_precision"}
    thresholds = {"class_name": "__numpy__", "config": {"value": [0.5], "dtype": "float32"}}
    metric = {"class_name": "AUC", "config": {"dtype": policy, "thresholds": thresholds}}
    config = known(modern(metrics=[metric]), ()).config["metrics"][0]["config"]
    assert (config["dtype"]["class_name"], config["thresholds"]) == ("Policy", [0.5])


@pytest.mark.parametrize(
    ("part", "missing"),
    [
        ({"loss": "os"}, "os"),
        ({"loss": "deserialize"}, "deserialize"),
        ({"loss": "tf"}, "tf"),
        ({"loss": "exec"}, "exec"),
        ({"loss": "https://example.org/loss"}, "https://example.org/loss"),
        ({"loss": "../loss.py"}, "../loss.py"),
        ({"metrics": [["get"]]}, "get"),
        ({"weighted_metrics": {"a": ["subprocess"]}}, "subprocess"),
        ({"loss": {"class_name": "__lambda__", "config": {"value": "x"}}}, "__lambda__"),
        ({"loss": {"class_name": "MeanSquaredError", "config": {}, "module": "evil"}}, "MeanSquaredError"),
        ({"loss": {"class_name": "Dense", "config": {}}}, "Dense"),
        ({"loss": {**FUNCTION, "module": "os", "config": "mean_squared_error", "registered_name": "system"}},
         "mean_squared_error"),
        ({"loss": {**FUNCTION, "config": "eval"}}, "eval"),
        ({"metrics": [{"class_name": "MeanMetricWrapper", "config": {"fn": "eval"}}]}, "eval"),
        ({"metrics": [{"class_name": "MeanMetricWrapper", "config": {"fn": {"class_name": "Popen", "config": {}}}}]},
         "Popen"),
        ({"metrics": [{"class_name": "AUC", "config": {"deep": [{"in": {"class_name": "Popen", "config": {}}}]}}]},
         "Popen"),
        ({"optimizer_config": {"class_name": "Addons>AdamW", "config": {}}}, "Addons>AdamW"),
        ({"optimizer_config": {"class_name": "Addons>SGD", "config": {}}}, "Addons>SGD"),
        ({"optimizer_config": {**ADAM, "module": "evil"}}, "Custom>Adam"),
        ({"optimizer_config": {**ADAM, "config": {"learning_rate": {"class_name": "WarmUp", "config": {}}}}}, "WarmUp"),
        ({"optimizer_config": {"class_name": "LossScaleOptimizer",
                               "config": {"inner_optimizer": {"class_name": "Mine", "config": {}}}}}, "Mine"),
    ],
)  # fmt: skip
def test_a_name_that_is_nobodys_is_missing(part: dict[str, Any], missing: str) -> None:
    assert known(legacy(**part), {"other"}).missing == (missing,)


@pytest.mark.parametrize(
    "part",
    [
        {"loss": 7},
        {"loss": [True]},
        {"metrics": [[1]]},
        {"loss_weights": "os"},
        {"loss_weights": {"a": {"class_name": "Popen"}}},
        {"loss": {"class_name": "MeanSquaredError", "config": "x"}},
        {"optimizer_config": None},
        {"optimizer_config": []},
        {"optimizer_config": {"config": {}}},
        {"optimizer_config": {"class_name": ["Adam"], "config": {}}},
        {"optimizer_config": {"class_name": "Adam", "config": []}},
    ],
)
def test_a_config_that_no_keras_writes_is_unclear(part: dict[str, Any]) -> None:
    with pytest.raises(UnclearConfigError):
        known(legacy(**part), ())


@pytest.mark.parametrize("config", [7, [1], "mse", None])
def test_a_config_that_is_no_object_is_unclear(config: Any) -> None:
    with pytest.raises(UnclearConfigError, match="it is no object"):
        known(config, ())


def test_what_older_keras_left_out_is_there() -> None:
    assert known({"optimizer_config": OLD, "loss": "mse"}, ()).config.keys() >= {
        "metrics", "weighted_metrics", "loss_weights"
    }  # fmt: skip
