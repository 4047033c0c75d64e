"""Objects of Keras 3 to specs of Keras 2.15: a rule of the way back, or the inverses of the way there, for each key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from interchange.layer_path import LayerPath
from interchange.user_files.custom_objects import found, names_of
from translation import verbs
from translation.keras2_to_3.configs import kind_of
from translation.keras2_to_3.spec import Graph, Spec
from translation.keras2_to_3.translation_log import Findings, shown
from translation.keras3_to_2 import activations
from translation.keras3_to_2.configs import BASE_KEYS, UnknownDtypeError, dtype_of, in_config
from translation.keras3_to_2.decided import restored_keys, rules_of
from translation.keras3_to_2.graph import is_model
from translation.keras3_to_2.rules import table
from translation.keras3_to_2.verbs import Back, BackRule
from translation.keras3_to_2.wrappers import carried

_PUBLIC = {"builtins", "keras", None}
_OWN = "a class of its own, which Keras 2.15 does not know"
_DEFINE = "define it as it was in Keras 2, in the file of --custom-objects"
_WITH_KERAS = "build the model from layers of Keras, load the weights into that, and save it"
_NOT_THERE = "Keras 2.15 has no such class"
_NO_KEY = "Keras 2.15 has no such argument"
_AT_DEFAULT = "build the model without this argument in Keras 3, load the weights into that, and save it"

# Makes the graph of a model that is nested in a config, from its entry, its path and its name.
ModelMaker = Callable[[Mapping[str, Any], LayerPath, str], Graph]


class Objects:
    """Makes specs of the objects of one model, asking `make_model` for the models nested in their configs."""

    def __init__(self, findings: Findings, make_model: ModelMaker, own: Mapping[str, str]) -> None:
        self._findings = findings
        self._make_model = make_model
        self._own = own
        self._back = table()

    def object(self, entry: Mapping[str, Any], kind: str, path: LayerPath) -> Spec:
        """A Keras object with a config: a layer, initializer, regularizer or constraint."""
        name, config = str(entry["class_name"]), entry.get("config") or {}
        if _is_own(entry):
            if (own := found(names_of(entry), self._own)) is not None:
                return self._custom(own, kind, config, path)
            self._findings.problem(path, name, _OWN, unblock=_DEFINE)
            return Spec(kind, name, {}, path)
        if kind == "layers" and name == "InputLayer":
            return self.input(config, path)
        rules = rules_of(kind, name)
        if rules is None:
            self._findings.problem(path, name, _NOT_THERE, unblock=_WITH_KERAS)
            return Spec(kind, name, {}, path)
        rule, there = rules
        if rule.refused:
            self._findings.problem(path, name, rule.refused, unblock=rule.instead)
            return Spec(kind, name, {}, path)
        return self._spec(rule, there, kind, config, path)

    def _custom(self, name: str, kind: str, config: Mapping[str, Any], path: LayerPath) -> Spec:
        """A class of the user's, with its own config; what it has from a class of Keras is that one's in Keras 2.15."""
        is_layer = kind == "layers"
        base = {key: config[key] for key in ("name", "trainable") if is_layer and key in config}
        if is_layer and (dtype := self._dtype(config, name, path)) is not None:
            base["dtype"] = dtype
        rest = {key: value for key, value in config.items() if not (is_layer and key in BASE_KEYS)}
        rules = rules_of(kind, self._own[name])
        rule, there = rules if rules is not None and not rules[0].refused else (BackRule(name), verbs.Rule(name))
        known = {key: rest[key] for key in rule.keys.union(restored_keys(there, rest)) if key in rest}
        settings = {key: value for key, value in rest.items() if key not in known}
        for decision in self._decisions(rule, there, known, path):
            settings.update(decision.settings)
        nested = {key: self._own_value(key, value, path) for key, value in settings.items()}
        return Spec(kind, name, {**base, **nested}, path, config.get("name") if is_layer else None, own="class",
                    trainable=bool(config.get("trainable", True)), variables=rule.variables)  # fmt: skip

    def _own_value(self, key: str, value: Any, path: LayerPath) -> Any:
        """A value in the config of a class of the user's: texts and functions are its own to read."""
        if isinstance(value, list):
            return [self._own_value(key, item, path) for item in value]
        if not isinstance(value, Mapping) or value.get("class_name") == "function":
            return value
        if "class_name" not in value:
            return {own: self._own_value(own, item, path) for own, item in value.items()}
        return (
            in_config(value) if str(value["class_name"]).startswith("__") else self._object_or_model(key, value, path)
        )

    def input(self, config: Mapping[str, Any], path: LayerPath) -> Spec:
        """The spec of an `InputLayer`."""
        known = {"batch_shape", "batch_input_shape", "sparse", "ragged", "optional"} | BASE_KEYS
        for key in sorted(set(config) - known):
            self._findings.problem(path, "InputLayer", _NO_KEY, key, config[key], _AT_DEFAULT)
        if config.get("optional"):
            text = "Keras 2.15 has no inputs that may be left out"
            unblock = "build the model without this input, or with one that is always given, and save it again"
            self._findings.problem(path, "InputLayer", text, "optional", True, unblock)
        shape = config.get("batch_shape", config.get("batch_input_shape"))
        kinds = {key: True for key in ("sparse", "ragged") if config.get(key)}
        settings = {"batch_input_shape": None if shape is None else list(shape), **kinds}
        return Spec(
            "layers", "InputLayer", settings, path, config["name"], True, self._dtype(config, "InputLayer", path)
        )

    def _spec(self, rule: BackRule, there: verbs.Rule, kind: str, config: Mapping[str, Any], path: LayerPath) -> Spec:
        base = BASE_KEYS if kind == "layers" else frozenset()
        made = self._decisions(rule, there, {key: value for key, value in config.items() if key not in base}, path)
        settings = {key: value for each in made for key, value in each.settings.items()}
        calls = [*rule.calls, *(call for each in made for call in each.calls)]
        config_here = {key: self.value(key, value, path) for key, value in settings.items()}
        config_here, split = activations.split(rule.name, config_here, self._findings, path)
        config_here, around = carried(rule.name, config_here, self._findings, path)
        name = rule.becomes or rule.name
        dtype = config_here.pop("dtype", None) or (self._dtype(config, rule.name, path) if base else None)
        if rule.becomes == "Activation":
            config_here["activation"] = "linear"
        if rule.becomes:
            self._findings.change(path, rule.name, "structural", f"becomes {name}")
        return Spec(
            kind, name, {**config_here, **split, **around.config}, path,
            config.get("name") if base else None,
            bool(config.get("trainable", True)),
            dtype,
            tuple(dict.fromkeys([*(["activation"] if split else []), *around.calls, *calls])),
            variables=rule.variables,
        )  # fmt: skip

    def _dtype(self, config: Mapping[str, Any], name: str, path: LayerPath) -> str | None:
        try:
            return dtype_of(config.get("dtype"))
        except UnknownDtypeError as error:
            unblock = "build the model with a dtype or policy of Keras 2.15, load the weights into that, and save it"
            self._findings.problem(path, name, str(error), "dtype", config.get("dtype"), unblock)
            return None

    def _decisions(self, rule: BackRule, there: verbs.Rule, config: Mapping[str, Any], path: LayerPath) -> list[Back]:
        """What the rules say to the keys that are there, and the keys that Keras 2.15 always had."""
        own = {verb.key: verb for verb in rule.verbs}
        rest = {key: value for key, value in config.items() if key not in own}
        known = restored_keys(there, rest)
        for key in sorted(set(rest) - known):
            self._findings.problem(path, rule.name, _NO_KEY, key, _shown(config[key]), _AT_DEFAULT)
        made = [Back(there.restored({key: rest[key] for key in known}))]
        for key in (key for key in config if key in own):
            decision = own[key].decide(config)
            made.append(decision)
            if decision.refusal:
                self._findings.problem(path, rule.name, decision.refusal, key, _shown(config[key]), decision.unblock)
            if decision.change:
                self._findings.change(path, rule.name, *decision.change)
        return made

    def value(self, key: str, value: Any, path: LayerPath) -> Any:
        """A config value: nested objects get their own rule, whatever key they stand under."""
        if kind_of(key, {}) == "activations" and not isinstance(value, (bool, int, float)):
            return self._activation(key, value, path)
        if isinstance(value, Mapping) and "class_name" in value and not str(value["class_name"]).startswith("__"):
            return self._object_or_model(key, value, path)
        if isinstance(value, list) and any(isinstance(item, Mapping) and "class_name" in item for item in value):
            return [self.value(key, item, path) for item in value]
        if key == "seed" and isinstance(value, Mapping):
            return None
        return in_config(value)

    def _object_or_model(self, key: str, entry: Mapping[str, Any], path: LayerPath) -> Spec | Graph | None:
        if key == "seed":
            return None
        kind = kind_of(key, entry)
        config = entry.get("config")
        if not isinstance(config, Mapping):
            if (own := found(names_of(entry), self._own)) is not None:
                return Spec(kind, own, {}, path, own="function")
            self._findings.problem(path, str(entry["class_name"]), _OWN, key, _shown(config), _DEFINE)
            return None
        if kind != "layers":
            return self.object(entry, kind, path.inside(key))
        if is_model(entry):
            return self._make_model(entry, path.inside(key, is_model=True), str(config.get("name") or key))
        return replace(self.object(entry, kind, path.inside(key)), name=str(config.get("name") or key))

    def _activation(self, key: str, value: Any, path: LayerPath) -> Any:
        named = names_of(value) if isinstance(value, Mapping) else [value]
        if value is not None and (own := found(named, self._own)) is not None:
            is_class = isinstance(value, Mapping) and isinstance(value.get("config"), Mapping)
            return (
                self.object(value, "activations", path)
                if is_class
                else Spec("activations", own, {}, path, own="function")
            )
        name = activations.name_of(value)
        if value is None or name == "linear":
            return "linear"
        if name is None:
            self._findings.problem(path, activations.shown(value), activations.OBJECT, key, activations.shown(value),
                                   activations.AS_A_LAYER)  # fmt: skip
            return "linear"
        rule = self._back.get(("activations", name))
        if rule is None:
            self._findings.problem(path, name, "Keras 2.15 has no such activation", key, name, activations.AS_A_LAYER)
            return "linear"
        if rule.refused:
            self._findings.problem(path, name, rule.refused, key, name, rule.instead)
        return Spec("activations", name, {}, path, decompositions=rule.calls) if rule.calls else rule.becomes or name


def _is_own(entry: Mapping[str, Any]) -> bool:
    """Whether it is of a class that Keras does not define."""
    module = entry.get("module")
    registered = str(entry.get("registered_name") or "")
    return ">" in registered or not (module in _PUBLIC or str(module).startswith("keras."))


def _shown(value: Any) -> Any:
    """A value in a message, which is short."""
    value = shown(value)
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)[:60]


def names_in(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of layers in the config of a model."""
    return [str(entry.get("name") or entry["config"]["name"]) for entry in entries]
