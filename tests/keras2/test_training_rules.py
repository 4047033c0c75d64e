"""Completeness: of every optimizer, schedule, loss and metric of the installed Keras 2.15, each key is decided."""

from __future__ import annotations

import inspect
from importlib import import_module
from typing import Any

import pytest

from tests.keras2.test_rules import exported
from tests.models import training_objects
from tests.models.minimal_objects import parameters
from tests.models.training_objects import EXERCISED, FUNCTIONS, KEYS, entry_of, made
from translation.keras2_to_3.rules import losses, metrics, table
from translation.keras2_to_3.training import translated_training

# The module of each kind, and the base of its classes.
HOMES = {
    "optimizers": ("keras.src.optimizers.optimizer", "Optimizer"),
    "legacy_optimizers": ("keras.src.optimizers.legacy.optimizer_v2", "OptimizerV2"),
    "optimizers.schedules": ("keras.src.optimizers.schedules.learning_rate_schedule", "LearningRateSchedule"),
    "losses": ("keras.src.losses", "Loss"),
    "metrics": ("keras.src.metrics", "Metric"),
}
# Wrappers of other optimizers, all of which become LossScaleOptimizer.
LOSS_SCALES = {"LossScaleOptimizer", "LossScaleOptimizerV3"}
# What stands for an optimizer that cannot be read, and what no deserialiser resolves: bases, and a twin of Adam.
NO_CLASSES = {
    "NonFusedAdam", "OptimizerV2", "RestoredOptimizer", "_BaseOptimizer", "_ConfusionMatrixConditionCount", "_IoUBase",
}  # fmt: skip
# Arguments that no config names: what a metric and an optimizer are placed on, and what gradients go through.
PLACES = {"mesh", "jit_compile", "gradient_aggregator", "gradient_transformers"}


def classes(kind: str) -> set[str]:
    """The names of all classes of a kind: what is exported, what the deserialiser resolves, and what they derive."""
    module, base = HOMES[kind]
    found = [getattr(import_module(module), base)]
    for each in found:
        found += [derived for derived in each.__subclasses__() if derived.__module__.startswith("keras.")]
    candidates = [*found, *exported(kind), *vars(import_module(module)).values()]
    mine = {value.__name__ for value in candidates if inspect.isclass(value) and issubclass(value, found[0])}
    return mine - NO_CLASSES


@pytest.mark.parametrize("kind", HOMES)
def test_every_class_is_decided(keras: Any, kind: str) -> None:
    decided = {name for of, name in table() if of == kind} | LOSS_SCALES
    assert classes(kind) - decided == set()
    assert len(classes(kind)) > 5


@pytest.mark.parametrize("kind", HOMES)
def test_every_rule_is_of_a_class_or_a_function_that_exists(keras: Any, kind: str) -> None:
    functions = {name for of, name in FUNCTIONS if of == kind}
    base = {"Optimizer"} if "optimizers" in kind else set()
    assert {name for of, name in table() if of == kind} - functions - classes(kind) - base - LOSS_SCALES == set()


@pytest.mark.parametrize("module", [losses, metrics], ids=["losses", "metrics"])
def test_every_function_is_decided(keras: Any, module: Any) -> None:
    """By each name that Keras 2.15 reads, those of the other kind too: a metric may be any loss."""
    helpers = {"deserialize", "get", "serialize", "is_categorical_crossentropy", "clone_metric", "clone_metrics"}
    space = vars(import_module(f"keras.src.{module.KIND}"))
    public = {name for name, value in space.items() if inspect.isfunction(value) and name[0] != "_"}
    known = {*module.CLASSES, *module.ALIASES, *(metrics.CHOSEN if module is metrics else ())}
    assert {name for name in public if "keras_object" not in name} - helpers - {"ACC"} <= known
    kept = {"cosine", "cosine_proximity", "kl_divergence", "kld", "KLD"}  # of other versions
    assert known - public <= kept


@pytest.mark.parametrize(("kind", "name"), KEYS)
def test_every_argument_of_a_constructor_is_decided(keras: Any, kind: str, name: str) -> None:
    of = training_objects.class_of(keras, kind, name)
    taken = set() if name in LOSS_SCALES else {parameter.name for parameter in parameters(of)}
    assert taken - table()[kind, name].keys - PLACES == set()


@pytest.mark.parametrize(("kind", "name"), KEYS)
def test_every_key_of_a_config_is_decided(keras: Any, kind: str, name: str) -> None:
    config = entry_of(keras, made(keras, kind, name))["config"]
    assert set(config) - table()[kind, name].keys == set()


@pytest.mark.parametrize(("kind", "name", "key"), EXERCISED)
def test_every_key_is_exercised_at_another_value(keras: Any, kind: str, name: str, key: str) -> None:
    default, config = (
        entry_of(keras, each)["config"]
        for each in (made(keras, kind, name), training_objects.exercised(keras, kind, name, key))
    )
    assert key in config, "it is not written"
    assert config[key] != default.get(key)


def test_each_name_of_an_optimizer_is_known(keras: Any) -> None:
    for name in ("sgd", "rmsprop", "adam", "adamax", "nadam", "adagrad", "adadelta", "ftrl"):
        spec, _ = translated_training({"optimizer": name, "loss": None})
        assert spec.optimizer.class_name == type(keras.optimizers.get(name)).__name__
        defaults = keras.optimizers.get(name).get_config()
        assert dict(spec.optimizer.config) == {key: defaults[key] for key in spec.optimizer.config}
