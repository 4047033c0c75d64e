"""How a model was compiled, in the words of Keras 3; the configs are those that Keras 2.15 writes."""

from __future__ import annotations

from typing import Any

import pytest

from keras2to3.scanner.allowlist import names
from translation.keras2_to_3.rules import table
from translation.keras2_to_3.spec import Spec
from translation.keras2_to_3.training import TrainingSpec, Untranslatable, of_a_beginning, of_masks, translated_training
from translation.keras2_to_3.training_outputs import Outputs, outputs_of

OF_TRAINING = ("losses", "metrics", "optimizers", "optimizers.schedules")
TWO = outputs_of(["o0", "o1"])
ADAM = {"name": "Adam", "jit_compile": False, "is_legacy_optimizer": False, "learning_rate": 0.001}


def keras(kind: str, class_name: str, /, **config: Any) -> dict[str, Any]:
    return {"module": f"keras.{kind}", "class_name": class_name, "config": config, "registered_name": None}


def function(name: str) -> dict[str, Any]:
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": "function"}


def mean_of(name: str, fn: str) -> dict[str, Any]:
    return keras("metrics", "MeanMetricWrapper", name=name, dtype="float32", fn=function(fn))


def compiled(outputs: Outputs | None = None, own: Any = None, **given: Any) -> TrainingSpec:
    return _translated(outputs, own, **given)[0]


def lines(outputs: Outputs | None = None, own: Any = None, **given: Any) -> list[tuple[str, str, str]]:
    changes = _translated(outputs, own, **given)[1]
    assert {change.layer for change in changes} <= {""}
    return [(change.rule, change.kind, change.text) for change in changes]


def _translated(outputs: Outputs | None, own: Any, **given: Any) -> Any:
    config = {"optimizer": "adam", "loss": "mse", **given}
    return translated_training(config, own or {}, outputs or outputs_of(["out"]))


def shown(leaf: Any) -> Any:
    if isinstance(leaf, list):
        return [shown(item) for item in leaf]
    return (leaf.class_name, leaf.config.get("name")) if isinstance(leaf, Spec) else leaf


def test_an_optimizer_has_its_own_name_and_config() -> None:
    assert compiled(optimizer="RMSPROP").optimizer == Spec("optimizers", "RMSprop", {}, "")
    assert compiled(optimizer="lion").optimizer.config == {"learning_rate": 1e-4}
    made = compiled(optimizer=keras("optimizers.experimental", "Adam", **ADAM)).optimizer
    assert (made.kind, made.class_name, made.config) == ("optimizers", "Adam", {"name": "Adam", "learning_rate": 0.001})
    assert lines(optimizer=keras("optimizers", "Adam", **ADAM)) == []


def test_a_schedule_stands_within_an_optimizer() -> None:
    schedule = keras("optimizers.schedules", "ExponentialDecay", initial_learning_rate=0.1, decay_steps=9, decay_rate=1)
    made = compiled(optimizer=keras("optimizers", "SGD", learning_rate=schedule, momentum=1)).optimizer
    assert made.config["learning_rate"].kind == "optimizers.schedules"
    assert made.config["learning_rate"].config == schedule["config"]
    assert type(made.config["momentum"]) is float


def test_a_decay_becomes_a_schedule() -> None:
    made = compiled(optimizer=keras("optimizers.legacy", "SGD", learning_rate=1, decay=0.5)).optimizer
    rate = made.config["learning_rate"]
    assert (made.kind, rate.class_name) == ("optimizers", "InverseTimeDecay")
    assert rate.config == {"initial_learning_rate": 1.0, "decay_steps": 1, "decay_rate": 0.5}


@pytest.mark.parametrize(
    ("optimizer", "reason"),
    [
        (keras("optimizers.legacy", "Adam", clipnorm=1.0, clipvalue=0.5), "Adam: clipnorm and clipvalue together"),
        (keras("addons", "Addons>LAMB"), "Addons>LAMB: neither Keras 3 nor a file of custom objects has it"),
        (
            keras("optimizers.legacy", "SGD", decay=0.1, learning_rate=keras("optimizers.schedules", "X")),
            "SGD: Keras 3",
        ),
        ("nothing", "nothing: neither Keras 3 nor a file of custom objects has it"),
    ],
)
def test_an_optimizer_without_a_counterpart_leaves_the_model_uncompiled(optimizer: Any, reason: str) -> None:
    with pytest.raises(Untranslatable) as raised:
        compiled(optimizer=optimizer)
    assert raised.value.reasons[0].startswith(reason)


def test_a_loss_scale_that_never_changes_is_one_of_the_optimizer_within() -> None:
    inner = keras("optimizers", "Adam", **ADAM)
    module = "keras.src.mixed_precision.loss_scale_optimizer"
    config = {"inner_optimizer": inner, "dynamic": True, "initial_scale": 8.0, "dynamic_growth_steps": 5}
    entry = {"module": module, "class_name": "LossScaleOptimizerV3", "config": config, "registered_name": "V3"}
    made = compiled(optimizer=entry).optimizer
    assert made.class_name == "LossScaleOptimizer"
    assert made.config["inner_optimizer"].class_name == "Adam"
    fixed = {**entry, "config": {**config, "dynamic": False, "dynamic_growth_steps": None}}
    assert compiled(optimizer=fixed).optimizer.config["loss_scale_factor"] == 8.0
    ((_, kind, text),) = lines(optimizer=fixed)
    assert kind == "structural"
    assert "loss_scale_factor" in text
    assert lines(optimizer=entry) == []


@pytest.mark.parametrize(
    ("loss", "wanted"),
    [
        ("mse", "mean_squared_error"),
        (function("log_cosh"), "log_cosh"),
        ("KLDivergence", ("KLDivergence", None)),
        (keras("losses", "Hinge", name="h", reduction="auto", fn="hinge"), ("Hinge", "h")),
        (keras("losses", "Huber", name="h", delta=1.0), ("Huber", "h")),
        (keras("losses", "Huber", name="h", delta=0.5), ("LossFunctionWrapper", "h")),
        (keras("losses", "LossFunctionWrapper", name="w", fn="binary_crossentropy"), ("BinaryCrossentropy", "w")),
        (None, None),
    ],
)
def test_a_loss(loss: Any, wanted: Any) -> None:
    assert shown(compiled(loss=loss).loss) == wanted


def test_the_reduction_is_written_out() -> None:
    made: Any = compiled(loss=keras("losses", "Poisson", name="p", reduction="auto")).loss
    assert made.config == {"name": "p", "reduction": "sum_over_batch_size"}


def test_what_keras_3_forgets_of_a_loss_is_an_argument_of_its_function() -> None:
    made: Any = compiled(loss=keras("losses", "CosineSimilarity", name="c", axis=1, reduction="sum")).loss
    assert {**made.config, "fn": made.config["fn"].class_name} == {
        "fn": "cosine_similarity", "name": "c", "axis": 1, "reduction": "sum",
    }  # fmt: skip


def test_losses_and_metrics_of_the_users_own() -> None:
    own = {"mine": "", "Mine": "Loss", "MySGD": "SGD"}
    loss = {"module": None, "class_name": "Mine", "registered_name": "Mine", "config": {"reduction": "auto", "a": 2}}
    optimizer = {"module": None, "class_name": "MySGD", "registered_name": "MySGD", "config": dict(ADAM)}
    metrics = [function("mine"), mean_of("m", "mine")]
    made = compiled(own=own, loss=loss, optimizer=optimizer, metrics=metrics)
    assert (made.loss.own, made.loss.config) == ("class", {"reduction": "sum_over_batch_size", "a": 2})
    assert (made.optimizer.own, sorted(made.optimizer.config)) == ("class", ["learning_rate", "name"])
    assert [metric.own for metric in made.metrics] == ["function", ""]
    assert made.metrics[1].config["fn"].own == "function"
    assert compiled(own=own, loss=function("mine")).loss.own == "function"


def test_a_metric_that_nobody_has_is_left_out_with_a_line() -> None:
    metrics = [function("mine"), "mae", keras("metrics", "MeanRelativeError", normalizer=[1])]
    assert shown(compiled(metrics=metrics).metrics) == [("MeanAbsoluteError", "mae")]
    assert [line[:2] for line in lines(metrics=metrics)] == [
        ("mine", "training-only"), ("MeanRelativeError", "training-only"),
    ]  # fmt: skip


def test_a_loss_that_nobody_has_leaves_the_model_uncompiled() -> None:
    with pytest.raises(Untranslatable, match="mine: neither Keras 3 nor a file of custom objects has it"):
        compiled(loss=function("mine"))


@pytest.mark.parametrize(
    ("metrics", "wanted"),
    [
        (["acc"], ["acc"]),
        (["mse"], [("MeanSquaredError", "mse")]),
        ([mean_of("acc", "categorical_accuracy")], [("CategoricalAccuracy", "acc")]),
        ([["mae"], None], [("MeanAbsoluteError", "mae")]),
        ({"whatever": "mae"}, [("MeanAbsoluteError", "mae")]),
        ("AUC", [("AUC", None)]),
        ([None], None),
        (None, None),
    ],
)
def test_the_metrics_of_one_output(metrics: Any, wanted: Any) -> None:
    assert shown(compiled(metrics=metrics).metrics) == wanted


def test_a_crossentropy_is_that_of_the_loss() -> None:
    made = compiled(loss="sparse_categorical_crossentropy", metrics=["ce"]).metrics
    assert shown(made) == [("SparseCategoricalCrossentropy", "ce")]
    assert lines(loss="mse", metrics=["ce"])[0][1] == "training-only"


MAE, ACC = ("MeanAbsoluteError", "mae"), "acc"


@pytest.mark.parametrize(
    ("metrics", "wanted"),
    [
        (["mae", "acc"], [[MAE, ACC], [MAE, ACC]]),
        ([["mae"], ["acc"]], [[MAE], [ACC]]),
        (["mae", ["acc"]], [[MAE], [ACC]]),
        ({"o1": "mae"}, [None, [MAE]]),
        ([[None], [mean_of("o1_mae", "mean_absolute_error")]], [None, [MAE]]),
    ],
)
def test_the_metrics_of_several_outputs(metrics: Any, wanted: Any) -> None:
    assert shown(compiled(TWO, metrics=metrics).metrics) == wanted


def test_losses_and_weights_of_several_outputs() -> None:
    assert compiled(TWO, loss="mse").loss == ["mean_squared_error"] * 2
    assert compiled(TWO, loss={"o1": "mae"}).loss == [None, "mean_absolute_error"]
    assert compiled(TWO, loss_weights={"o0": 0.1}).loss_weights == [0.1, 1.0]
    assert compiled(TWO, loss_weights=0.5).loss_weights == [0.5, 0.5]
    assert compiled(loss_weights=[0.5]).loss_weights == 0.5
    assert compiled(TWO).loss_weights is None


def test_outputs_that_are_a_dict_are_said_by_their_keys() -> None:
    outputs = outputs_of(["o0", "o1"], ["a", "b"])
    assert compiled(outputs, loss={"a": "mse"}).loss == {"a": "mean_squared_error", "b": None}


def test_the_names_of_outputs_are_those_of_keras_2() -> None:
    assert outputs_of(["a", "b", "a", "a"]).before == ("a", "b", "a_1", "a_2")


def test_settings() -> None:
    assert compiled().settings == {"run_eagerly": False, "steps_per_execution": 1, "jit_compile": "auto"}
    given = {"run_eagerly": None, "steps_per_execution": 3, "jit_compile": True}
    assert compiled(**given).settings == {"run_eagerly": False, "steps_per_execution": 3, "jit_compile": True}


def test_the_mean_of_a_function_of_the_users_is_that_function_unless_it_has_another_name() -> None:
    (plain, named) = compiled(own={"mine": ""}, metrics=[mean_of("mine", "mine"), mean_of("far", "mine")]).metrics
    assert (plain.own, plain.class_name) == ("function", "mine")
    assert (named.class_name, named.config["name"], named.config["fn"]) == ("MeanMetricWrapper", "far", plain)
    two = compiled(TWO, {"mine": ""}, metrics=[[mean_of("o0_mine", "mine")], []]).metrics
    assert two == [[plain], None]


def test_a_metric_that_counts_what_a_mask_covers_is_told() -> None:
    metrics = [["AUC", "mae"], ["AUC", function("mine"), "RootMeanSquaredError"]]
    spec = compiled(TWO, {"mine": ""}, metrics=metrics)
    assert [change.rule for change in of_masks(spec, TWO, [False, True])] == ["AUC", "RootMeanSquaredError"]
    assert of_masks(spec, TWO, [False, False]) == []
    assert of_masks(compiled(TWO), TWO, [True, True]) == []
    kept = {change.kind for change in of_masks(spec, TWO, [True, True])}
    assert kept == {"training-only"}


def test_an_average_that_begins_anew_is_told() -> None:
    averaged = keras("optimizers", "SGD", use_ema=True)
    scaled = keras("optimizers", "LossScaleOptimizerV3", inner_optimizer=averaged, dynamic=True)
    for given in (averaged, scaled):
        assert [change.rule for change in of_a_beginning(compiled(optimizer=given).optimizer)] == ["SGD"]
    assert of_a_beginning(compiled(optimizer="sgd").optimizer) == []


def test_a_schedule_of_the_users_own() -> None:
    schedule = {"module": None, "class_name": "Mine", "registered_name": "Mine", "config": {"rate": 1}}
    sgd = keras("optimizers", "SGD", learning_rate=schedule)
    rate: Any = compiled(own={"Mine": "LearningRateSchedule"}, optimizer=sgd).optimizer.config["learning_rate"]
    assert (rate.kind, rate.class_name, rate.own, rate.config) == ("optimizers.schedules", "Mine", "class", {"rate": 1})
    with pytest.raises(Untranslatable, match="Mine"):
        compiled(optimizer=sgd)


def test_the_names_that_a_scan_permits_are_those_of_rules() -> None:
    known = {of: {name for kind, name in table() if kind == of} for of in OF_TRAINING}
    assert known["losses"] >= names.LOSSES
    assert known["metrics"] >= names.METRICS
    assert known["optimizers"] | known["optimizers.schedules"] >= names.OPTIMIZERS
    assert known["losses"] | known["metrics"] >= names.COMPILED_FUNCTIONS
