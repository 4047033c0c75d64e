"""What a model is compiled with: one object of every class that has a rule, and every key at another value.

`keras` is Keras 2 wherever it appears: Keras 2.15 in one environment, tf_keras in the other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from tests.models.minimal_objects import parameters
from translation.keras2_to_3.rules import losses, metrics, table

KINDS = ("optimizers", "legacy_optimizers", "optimizers.schedules", "losses", "metrics")
_BY_NAME = {"losses": {*losses.CLASSES, *losses.ALIASES}, "metrics": {*metrics.CLASSES, *metrics.ALIASES}}
# The functions, by each of their names.
FUNCTIONS = sorted((kind, name) for kind, names in _BY_NAME.items() for name in names)
# The bases of others compute nothing, and a V3 is what the other name makes of an optimizer of the newer generation.
_NOT_MADE = {"Loss", "Metric", "LossScaleOptimizerV3"}
KEYS = sorted(
    (kind, name)
    for (kind, name), rule in table().items()
    if kind in KINDS and (kind, name) not in FUNCTIONS and name not in _NOT_MADE
    if not (rule.refused or rule.dropped)
)
# What constructors demand, by the name of the argument; what is made of Keras is given it.
_ARGUMENTS: Mapping[str, Any] = {
    "boundaries": [2, 4], "decay_rate": 0.5, "decay_steps": 3, "first_decay_steps": 2, "initial_learning_rate": 0.5,
    "inner_optimizer": lambda keras: keras.optimizers.SGD(0.1), "num_classes": 3, "precision": 0.5, "recall": 0.5,
    "sensitivity": 0.5, "specificity": 0.5, "target_class_ids": [0, 2], "values": [0.5, 0.25, 0.125],
    "fn": lambda keras: keras.losses.mean_squared_error,
}  # fmt: skip
# What a key is set to, wherever it stands; none is its default.
_VALUES: Mapping[str, Any] = {
    "alpha": 0.4, "amsgrad": True, "apply_class_balancing": True, "average": "macro", "axis": 1, "beta": 0.5,
    "beta_1": 0.5, "beta_2": 0.75, "beta_2_decay": -0.5, "boundaries": [1, 3], "centered": True,
    "class_aggregation": "variance_weighted_average", "class_id": 1, "clip_threshold": 0.25, "clipnorm": 0.5,
    "clipvalue": 0.25, "curve": "PR", "cycle": True, "decay": 0.5, "decay_rate": 0.25, "decay_steps": 2,
    "delta": 0.25, "dtype": "float64", "dynamic": False, "dynamic_growth_steps": 2, "ema_momentum": 0.5,
    "ema_overwrite_frequency": 2, "end_learning_rate": 0.25, "epsilon": 0.01, "epsilon_1": 0.01, "epsilon_2": 0.5,
    "first_decay_steps": 3, "from_logits": True, "gamma": 3.0, "global_clipnorm": 0.5, "ignore_class": 1,
    "initial_accumulator_value": 0.5, "initial_learning_rate": 0.25, "initial_scale": 8.0,
    "inner_optimizer": lambda keras: keras.optimizers.Adam(0.2), "k": 2, "l1_regularization_strength": 0.1,
    "l2_regularization_strength": 0.1, "l2_shrinkage_regularization_strength": 0.1, "label_smoothing": 0.2,
    "label_weights": [0.5, 1.0, 0.25], "learning_rate": 0.25, "learning_rate_power": -0.25, "m_mul": 0.5,
    "momentum": 0.5, "multi_label": True, "name": "other", "nesterov": True, "num_classes": 4, "num_labels": 3,
    "num_regressors": 1, "num_thresholds": 5, "power": 2.0, "precision": 0.75, "recall": 0.75, "reduction": "sum",
    "relative_step": False, "rho": 0.5, "sensitivity": 0.75, "sparse_y_pred": False, "sparse_y_true": False,
    "specificity": 0.75, "staircase": True, "summation_method": "majoring", "t_mul": 1.5, "target_class_ids": [1],
    "threshold": 0.3, "thresholds": [0.3, 0.6], "top_k": 2, "use_ema": True, "values": [0.25, 0.5, 0.75],
    "warmup_steps": 2, "warmup_target": 0.75, "weight_decay": 0.1,
}  # fmt: skip
# What a class takes otherwise.
_OWN: Mapping[tuple[str, str], Any] = {
    ("OneHotIoU", "sparse_y_pred"): True,
    ("OneHotMeanIoU", "sparse_y_pred"): True,
}
# What a key asks for beside itself.
_NEEDS: Mapping[str, Mapping[str, Any]] = {
    "dynamic": {"initial_scale": 8.0},
    "ema_momentum": {"use_ema": True},
    "ema_overwrite_frequency": {"use_ema": True},
    "label_weights": {"multi_label": True},
    "nesterov": {"momentum": 0.5},
    "num_labels": {"multi_label": True},
    "warmup_steps": {"warmup_target": 0.75},
    "warmup_target": {"warmup_steps": 2},
}
# The argument for a key that the constructor calls otherwise.
_CALLED = {("Nadam", "decay"): "schedule_decay"}
# Keys that have one value.
FIXED: Mapping[str, str] = {
    "fn": "a class has one function, and a wrapper none by default",
    "is_legacy_optimizer": "each of the two generations writes its own",
    "jit_compile": "Keras 2 does not take it where there is no GPU",
    "lr": "Keras 2.15 writes learning_rate",
}
EXERCISED = [
    (kind, name, key)
    for kind, name in KEYS
    for key in sorted(table()[kind, name].keys)
    if key not in FIXED and (kind, name, key) != ("losses", "SparseCategoricalCrossentropy", "axis")
]
# What classes inherit: some have each of these keys alone, the others have them in groups.
_ALONE = {"Adam", "AUC", "CategoricalAccuracy", "Hinge", "SGD"}
_TOGETHER = (
    ("learning_rate", "name", "weight_decay", "clipnorm", "reduction", "dtype"),
    ("clipvalue", "use_ema", "ema_momentum"),
    ("global_clipnorm", "ema_overwrite_frequency"),
)


def groups(kind: str) -> list[tuple[str, tuple[str, ...]]]:
    """The classes of a kind, each as it is, and with keys that are exercised together."""
    found: dict[tuple[str, tuple[str, ...]], None] = dict.fromkeys((name, ()) for of, name in KEYS if of == kind)
    for of, name, key in EXERCISED:
        grouped = () if name in _ALONE else _TOGETHER
        keys = next((keys for keys in grouped if key in keys), (key,))
        if of == kind:
            found[name, tuple(each for each in keys if (of, name, each) in EXERCISED)] = None
    return list(found)


def class_of(keras: Any, kind: str, name: str) -> Any:
    """The class of Keras 2."""
    if name == "LossScaleOptimizer":
        return keras.mixed_precision.LossScaleOptimizer
    space = keras
    for part in ("optimizers.legacy" if kind == "legacy_optimizers" else kind).split("."):
        space = getattr(space, part)
    return getattr(space, name, None) or getattr(import_module(f"{keras.__name__}.src.{kind}"), name)


def made(keras: Any, kind: str, name: str, /, **given: Any) -> Any:
    """An object with as little as its constructor demands, and whatever is `given`."""
    of = class_of(keras, kind, name)
    demanded = [each.name for each in parameters(of) if each.default is each.empty]
    demanded = ["inner_optimizer"] if name == "LossScaleOptimizer" else demanded
    needed = {key: _ARGUMENTS[key] for key in demanded if key not in given}
    arguments = {_CALLED.get((name, key), key): value for key, value in {**needed, **given}.items()}
    return of(
        **{key: value(keras) if key in demanded and callable(value) else value for key, value in arguments.items()}
    )


def exercised(keras: Any, kind: str, name: str, *keys: str) -> Any:
    """An object with these keys at values that are not their defaults."""
    given = {key: _OWN[name, key] if (name, key) in _OWN else _VALUES[key] for key in keys}
    needed = {other: value for key in keys for other, value in _NEEDS.get(key, {}).items()}
    return made(keras, kind, name, **{**needed, **given})


def entry_of(keras: Any, thing: Any) -> Any:
    """What Keras 2 writes for an object, as JSON has it."""
    serialization = import_module(f"{keras.__name__}.src.saving.serialization_lib")
    return json.loads(json.dumps(serialization.serialize_keras_object(thing)).replace('"tf_keras', '"keras'))
