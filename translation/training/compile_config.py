"""The config of a compiled model with nothing in it that Keras 2.15 has to look for: pure functions on JSON.

Keras finds what a config names by importing the module that the config names. Here each name is looked up in the
tables of `known_names` and among the user's own, and each object is written anew, with the module that Keras 2.15 has
it in. What has no entry is never passed to Keras.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from interchange.user_files.custom_objects import found, names_of
from translation.training import known_names

Config = Mapping[str, Any]

_MODULES = ("keras", "tf_keras", "tensorflow.keras", "tensorflow.python.keras")
_NO_MODULES = (None, "builtins", "__main__")
_SCALES = "keras.src.mixed_precision.loss_scale_optimizer"
_NEW_SCALE, _LEGACY_SCALE = "LossScaleOptimizerV3", "LossScaleOptimizer"
_LOSS_SCALE_OPTIMIZERS = frozenset({_NEW_SCALE, _LEGACY_SCALE, "LossScaleOptimizerV1"})
_REGISTERED = "Custom>"
_INNER = ("inner_optimizer", "optimizer")
_RATES = ("learning_rate", "lr")
_ARRAYS = ("__numpy__", "__tensor__")


class UnclearConfigError(ValueError):
    """The config of a compiled model is none that any Keras 2 writes; the text says where."""


@dataclass(frozen=True)
class _Kind:
    """The names that one part of a config may have: of classes with their module, and of functions."""

    what: str
    classes: Collection[str]
    module: str
    functions: Collection[str] = ()
    former: Mapping[str, str] = field(default_factory=dict)


_LOSS = _Kind("loss", known_names.LOSSES, "keras.losses", known_names.LOSS_FUNCTIONS, known_names.FORMER_LOSSES)
_METRIC = _Kind(
    "metric", known_names.METRICS, "keras.metrics", known_names.METRIC_FUNCTIONS, known_names.FORMER_METRICS
)
_SCHEDULE = _Kind("schedule", known_names.SCHEDULES, "keras.optimizers.schedules")
_SCALE = _Kind("loss scale", known_names.LOSS_SCALES, "")
_POLICY = _Kind("dtype policy", frozenset({"Policy"}), "keras.mixed_precision")
# Where these are not, Keras keeps the class in a module that it does not export.
_UNEXPORTED = {"LossFunctionWrapper": "keras.src.losses"}


@dataclass(frozen=True)
class KnownConfig:
    """A config that names only what is known, and the names in it that are not, each once; then nobody may use it."""

    config: Config
    missing: tuple[str, ...]


def known(training: Config, own: Collection[str]) -> KnownConfig:
    """The config that any format of Keras 2 has of a compiled model, as `training_config` or as `compile_config`.

    `own` are the names that the user's file defines. Raises `UnclearConfigError` for what is no such config.
    """
    if not isinstance(training, Mapping):
        raise UnclearConfigError("it is no object")
    reading = _Reading(own)
    key = "optimizer_config" if "optimizer_config" in training else "optimizer"
    config = {
        **training,
        key: reading.optimizer(training.get(key)),
        "loss": reading.structure(training.get("loss"), _LOSS),
        "metrics": reading.structure(training.get("metrics"), _METRIC),
        "weighted_metrics": reading.structure(training.get("weighted_metrics"), _METRIC),
        "loss_weights": _numbers(training.get("loss_weights")),
    }
    return KnownConfig(config, tuple(dict.fromkeys(reading.missing)))


def _numbers(weights: Any) -> Any:
    """The weights of losses: a number, or one for each output."""
    items = weights.values() if isinstance(weights, Mapping) else weights if isinstance(weights, list) else [weights]
    if not all(item is None or isinstance(item, (int, float)) for item in items):
        raise UnclearConfigError("its loss_weights are no numbers")
    return weights


@dataclass
class _Reading:
    """Writes a config anew, part by part, and notes the names that nobody has."""

    own: Collection[str]
    missing: list[str] = field(default_factory=list)

    def structure(self, value: Any, kind: _Kind) -> Any:
        """Losses or metrics: one, or a list or a dictionary of them, by outputs."""
        if value is None or isinstance(value, str) or (isinstance(value, Mapping) and "class_name" in value):
            return self.leaf(value, kind) if value else None
        if isinstance(value, Mapping):
            return {key: self.structure(item, kind) for key, item in value.items()}
        if isinstance(value, list):
            return [self.structure(item, kind) for item in value]
        raise UnclearConfigError(f"a {kind.what} of it is {str(value)[:60]}")

    def leaf(self, value: Any, kind: _Kind) -> Any:
        """One loss, metric or schedule: the name of a function or class, or an object."""
        if isinstance(value, str):
            return self._named(value, kind)
        if value.get("class_name") == "function":
            return self._function(value, kind)
        return self._object(value, kind)

    def _named(self, name: str, kind: _Kind) -> str:
        name = kind.former.get(name, name)
        if name in kind.functions or name in kind.classes:
            return name
        mine = found(names_of({"class_name": name}), self.own)
        return mine if mine is not None else self._missing(name)

    def _function(self, value: Config, kind: _Kind) -> str:
        mine, name = found(names_of(value), self.own), value.get("config")
        if mine is not None:
            return mine
        if _is_of_keras(value) and isinstance(name, str):
            return self._named(name, kind)
        return self._missing(name)

    def _object(self, value: Config, kind: _Kind) -> Config:
        name, config = value.get("class_name"), self._config(value, kind)
        mine = found(names_of(value), self.own)
        if mine is not None:
            return _entry(mine, None, config, mine)
        if name not in kind.classes or not _is_of_keras(value):
            self._missing(name)
        return _entry(str(name), _UNEXPORTED.get(str(name), kind.module), config)

    def _config(self, value: Config, kind: _Kind) -> Config:
        """The config of an object, in which other objects are written anew as well."""
        config = value.get("config")
        if config is not None and not isinstance(config, Mapping):
            raise UnclearConfigError(f"the config of {str(value.get('class_name'))[:60]} is none")
        return {key: self._argument(key, item, kind) for key, item in (config or {}).items()}

    def _argument(self, key: str, value: Any, kind: _Kind) -> Any:
        if key == "fn" and value is not None:
            return self.leaf(value, kind) if isinstance(value, (str, Mapping)) else self._missing(value)
        if key in _RATES and isinstance(value, Mapping):
            return self.leaf(value, _SCHEDULE)
        if key == "loss_scale" and isinstance(value, Mapping):
            return self._loss_scale(value)
        if key in _INNER and isinstance(value, Mapping):
            return self.optimizer(value)
        return self._data(value, kind)

    def _data(self, value: Any, kind: _Kind) -> Any:
        """An argument that is no object, and an object in one: of the same kind, or a dtype policy."""
        if isinstance(value, list):
            return [self._data(item, kind) for item in value]
        if isinstance(value, Mapping) and value.get("class_name") in _ARRAYS:
            return value["config"].get("value") if isinstance(value.get("config"), Mapping) else None
        if isinstance(value, Mapping) and "class_name" in value:
            return self.leaf(value, _POLICY if value["class_name"] in _POLICY.classes else kind)
        if isinstance(value, Mapping):
            return {key: self._data(item, kind) for key, item in value.items()}
        return value

    def _loss_scale(self, value: Config) -> Config:
        if value.get("class_name") not in _SCALE.classes:
            self._missing(value.get("class_name"))
        return {"class_name": value.get("class_name"), "config": self._config(value, _SCALE)}

    def optimizer(self, value: Any) -> Any:
        """An optimizer of any version, or the name of one."""
        if isinstance(value, str):
            value = {"class_name": value, "config": {}, "module": "keras.optimizers"}
        if not isinstance(value, Mapping) or not isinstance(value.get("class_name"), str):
            raise UnclearConfigError("it has no optimizer")
        config = self._config(value, _SCHEDULE)
        mine = found((name for name in names_of(value) if not name.startswith(_REGISTERED)), self.own)
        if mine is not None:
            return _entry(mine, None, config, mine)
        return self._of_keras(value, config)

    def _of_keras(self, value: Config, config: Config) -> Config:
        name, legacy = value["class_name"].removeprefix(_REGISTERED), _is_legacy(value)
        if name in _LOSS_SCALE_OPTIMIZERS and _is_of_keras(value):
            return _scaling(config)
        known_ = known_names.LEGACY_OPTIMIZERS if legacy else known_names.OPTIMIZERS
        name = {each.lower(): each for each in known_}.get(name.lower().removeprefix("experimental"), name)
        if name not in known_ or not _is_of_keras(value):
            self._missing(value["class_name"])
        if legacy:  # Keras takes one without arguments for a new one
            return _entry(name, "keras.optimizers.legacy", {"name": name, **config})
        return _entry(name, "keras.optimizers", {**config, "is_legacy_optimizer": False}, f"{_REGISTERED}{name}")

    def _missing(self, name: Any) -> str:
        self.missing.append(str(name)[:200])
        return str(name)


def _entry(name: str, module: str | None, config: Config, registered: str | None = None) -> Config:
    """An object as Keras 2.15 writes it."""
    return {"module": module, "class_name": name, "config": config, "registered_name": registered}


def _scaling(config: Config) -> Config:
    """A LossScaleOptimizer, which is of the generation of the optimizer within it."""
    inner: Config = next((config[key] for key in _INNER if isinstance(config.get(key), Mapping)), {})
    name = _NEW_SCALE if str(inner.get("registered_name")).startswith(_REGISTERED) else _LEGACY_SCALE
    return _entry(name, _SCALES, config, name)


def _is_legacy(value: Config) -> bool:
    """Whether an optimizer is of before Keras 2.11: its module says so, or what its config lacks."""
    name, module, config = value["class_name"], value.get("module"), value.get("config") or {}
    if isinstance(module, str):
        return "legacy" in module.split(".")
    said = config.get("is_legacy_optimizer") if isinstance(config, Mapping) else None
    return not name.startswith(_REGISTERED) and said is not False


def _is_of_keras(value: Config) -> bool:
    """Whether an object says that it is Keras's own, or does not say whose it is."""
    module = value.get("module")
    return module in _NO_MODULES or any(f"{module}.".startswith(f"{known_}.") for known_ in _MODULES)
