"""The names that a training may have are those that the installed Keras 2.15 resolves, each to its own object."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import pytest

from translation.training import compile_config, known_names, slots

# What the deserialisers see beside functions, because they look names up in a whole module.
HELPERS = {
    "deserialize", "deserialize_keras_object", "get", "serialize", "serialize_keras_object", "clone_metric",
    "clone_metrics", "is_categorical_crossentropy",
}  # fmt: skip
# Classes that compute nothing themselves, and those that Keras keeps for itself.
BASES = {"Loss", "Metric", "Reduce", "PyMetric", "SensitivitySpecificityBase", "SumOverBatchSize",
         "SumOverBatchSizeMetricWrapper", "LearningRateSchedule"}  # fmt: skip
# Schedules of TensorFlow 1, which no name of Keras leads to.
OF_TENSORFLOW_1 = {"LinearCosineDecay", "NoisyLinearCosineDecay"}


def classes(module: ModuleType, base: type) -> set[str]:
    return {name for name, made in vars(module).items() if inspect.isclass(made) and issubclass(made, base)} - BASES


def functions(module: ModuleType) -> set[str]:
    found = {name for name, made in vars(module).items() if inspect.isfunction(made) and not name.startswith("_")}
    return found - HELPERS


def test_losses_and_metrics() -> None:
    from keras.src import losses, metrics

    assert classes(losses, losses.Loss) == known_names.LOSSES
    assert functions(losses) == known_names.LOSS_FUNCTIONS
    assert classes(metrics, metrics.Metric) == known_names.METRICS
    # `compile` decides about these itself, from the shapes of an output.
    assert functions(metrics) | {"ce", "crossentropy"} == known_names.METRIC_FUNCTIONS
    assert set(known_names.FORMER_LOSSES.values()) <= known_names.LOSS_FUNCTIONS
    assert not set(known_names.FORMER_LOSSES) & known_names.LOSS_FUNCTIONS
    assert set(known_names.FORMER_METRICS.values()) <= known_names.METRIC_FUNCTIONS
    assert not set(known_names.FORMER_METRICS) & known_names.METRIC_FUNCTIONS


def test_optimizers_and_schedules(keras: Any) -> None:
    from keras.src.optimizers.schedules import learning_rate_schedule

    exported = {name for name, made in vars(keras.optimizers).items() if inspect.isclass(made)}
    assert exported - {"Optimizer"} == known_names.OPTIMIZERS
    old = {name for name, made in vars(keras.optimizers.legacy).items() if inspect.isclass(made)}
    assert old - {"Optimizer"} == known_names.LEGACY_OPTIMIZERS
    schedules = classes(learning_rate_schedule, learning_rate_schedule.LearningRateSchedule)
    assert schedules - OF_TENSORFLOW_1 == known_names.SCHEDULES
    assert slots.SLOTS.keys() == known_names.OPTIMIZERS


ARGUMENTS: Mapping[str, Mapping[str, Any]] = {
    "LossFunctionWrapper": {"fn": "mse"}, "MeanMetricWrapper": {"fn": "mse"}, "BinaryIoU": {},
    "IoU": {"num_classes": 2, "target_class_ids": [0]}, "MeanIoU": {"num_classes": 2},
    "OneHotIoU": {"num_classes": 2, "target_class_ids": [0]}, "OneHotMeanIoU": {"num_classes": 2},
    "MeanRelativeError": {"normalizer": [1.0]}, "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5}, "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
}  # fmt: skip


@pytest.mark.parametrize("kind", ["losses", "metrics"])
def test_each_class_is_resolved_to_itself(keras: Any, kind: str) -> None:
    """Written anew, the object is the one of its name in either format, without a look at its module."""
    from keras.src import losses, metrics
    from keras.src.saving import serialization_lib

    module, names = {"losses": (losses, known_names.LOSSES), "metrics": (metrics, known_names.METRICS)}[kind]
    key = "loss" if kind == "losses" else "metrics"
    for name in sorted(names):
        config = {"class_name": name, "config": dict(ARGUMENTS.get(name, {}))}
        for resolve in (module.deserialize, serialization_lib.deserialize_keras_object):
            found = compile_config.known({"optimizer": "sgd", key: config}, ()).config[key]
            assert type(resolve(found)) is getattr(module, name)


@pytest.mark.parametrize("generation", ["new", "legacy"])
def test_each_optimizer_is_resolved_to_itself(keras: Any, generation: str) -> None:
    from keras.src.saving import serialization_lib

    module = keras.optimizers if generation == "new" else keras.optimizers.legacy
    for name in sorted(known_names.OPTIMIZERS if generation == "new" else known_names.LEGACY_OPTIMIZERS):
        given = {"class_name": name, "config": {"is_legacy_optimizer": False} if generation == "new" else {}}
        for resolve in (keras.optimizers.deserialize, serialization_lib.deserialize_keras_object):
            found = dict(compile_config.known({"optimizer": given}, ()).config["optimizer"])
            assert type(resolve(found)) is getattr(module, name)


def test_each_schedule_is_resolved_to_itself(keras: Any) -> None:
    arguments = {
        "CosineDecay": (0.1, 10), "CosineDecayRestarts": (0.1, 10), "ExponentialDecay": (0.1, 10, 0.5),
        "InverseTimeDecay": (0.1, 10, 0.5), "PiecewiseConstantDecay": ([10], [0.1, 0.2]), "PolynomialDecay": (0.1, 10),
    }  # fmt: skip
    assert arguments.keys() == known_names.SCHEDULES
    for name, values in arguments.items():
        config = getattr(keras.optimizers.schedules, name)(*values).get_config()
        given = {"class_name": "SGD", "config": {
            "learning_rate": {"class_name": name, "config": config}, "is_legacy_optimizer": False
        }}  # fmt: skip
        optimizer = keras.optimizers.deserialize(
            dict(compile_config.known({"optimizer": given}, ()).config["optimizer"])
        )
        assert type(optimizer._learning_rate) is getattr(keras.optimizers.schedules, name)
