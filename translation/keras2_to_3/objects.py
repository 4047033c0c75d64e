"""Objects of Keras 2.15 to specs of Keras 3, each by the rule of its class, with all that is nested in its config."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from interchange.layer_path import LayerPath
from interchange.user_files.custom_objects import bare, found, names_of
from interchange.user_files.replacements import REPLACEABLE, Replacement, way_out
from translation.keras2_to_3.configs import BASE_KEYS, dtype_name, kind_of, plain
from translation.keras2_to_3.graph import is_model
from translation.keras2_to_3.rules import table
from translation.keras2_to_3.rules.layers.lookup import OF_TEXT
from translation.keras2_to_3.spec import Graph, Spec
from translation.keras2_to_3.translation_log import Findings
from translation.verbs import Decision, Rule

_INPUT_KEYS = frozenset({"batch_input_shape", "sparse", "ragged"})

# Makes the graph of a model that is nested in a config, from its entry, its path and its new name.
ModelMaker = Callable[[Mapping[str, Any], LayerPath, str], Graph]


class Objects:
    """Makes specs of the objects of one model, asking `make_model` for the models nested in their configs."""

    def __init__(
        self, findings: Findings, replaced: Mapping[str, Replacement], own: Mapping[str, str], make_model: ModelMaker
    ) -> None:
        self._findings = findings
        self._replaced = replaced
        self._own = own
        self._make_model = make_model
        self._rules = table()

    def object(self, entry: Mapping[str, Any], kind: str, path: LayerPath) -> Spec:
        """A Keras object with a config: a layer, initializer, regularizer or constraint."""
        name, config = entry["class_name"], entry.get("config") or {}
        if kind == "layers" and name == "InputLayer":
            return self._input(config, path)
        if kind == "layers" and path in self._replaced:
            return self._replacement(name, config, path)
        rule = self._registered(kind, entry)
        own = found(names_of(entry), self._own) if rule is None else None
        if own is not None:
            return self._custom(own, kind, config, path)
        rule = rule or self._rules.get((kind, name))
        if rule is None:
            self._findings.problem(path, name, f"no rule for this class of keras.{kind} yet")
            return Spec(kind, name, {}, path)
        if rule.refused:
            self._findings.problem(path, name, rule.refused, unblock=rule.instead)
            return Spec(kind, name, {}, path)
        return self._apply(rule, kind, config, path)

    def _replacement(self, name: str, config: Mapping[str, Any], path: LayerPath) -> Spec:
        """The spec of a layer that the user replaces by a function."""
        given = self._replaced[path]
        self._findings.replaced(path, name, given)
        settings = {"replacement": given, "arguments": config.get("arguments")}
        base = (config["name"], bool(config.get("trainable", True)), dtype_name(config.get("dtype")))
        if config.get("mask") is not None:
            self._findings.problem(path, name, "it also computes a mask, which a replacement cannot do", "mask")
        call_decomposition = rule.decomposition if (rule := self._rules.get(("layers", name))) else None
        return Spec(
            "layers", name, settings, path, *base, call_decomposition=call_decomposition, composed="replacement"
        )

    def _registered(self, kind: str, entry: Mapping[str, Any]) -> Rule | None:
        """The rule for what has one under its registered name, as TensorFlow Addons', whoever defines it in Keras 2."""
        rules = (self._rules.get((kind, name)) for name in names_of(entry) if ">" in name)
        return next((rule for rule in rules if rule is not None), None)

    def _custom(self, name: str, kind: str, config: Any, path: LayerPath) -> Spec:
        """A class of the user's, with its own config; objects of Keras in it are translated."""
        if not isinstance(config, Mapping):
            return Spec(kind, name, {}, path, own="function")
        is_layer = kind == "layers"
        base = {key: config[key] for key in ("name", "trainable") if is_layer and key in config}
        if is_layer and config.get("dtype") is not None:
            base["dtype"] = dtype_name(config["dtype"])
        settings = plain({key: value for key, value in config.items() if not (is_layer and key in BASE_KEYS)})
        rule = self._rules.get((kind, self._own[name]))
        usable = rule is not None and not rule.becomes and (rule.verbs or not rule.refused)
        rule = rule if rule is not None and usable else Rule(name)
        made = self._decisions(rule, config, path)  # what it has from a class of Keras
        settings = {key: value for key, value in settings.items() if key not in rule.keys}
        settings.update({key: value for decision in made for key, value in decision.settings.items()})
        nested = {key: self._own_value(key, value, path) for key, value in settings.items()}
        self._carried(Rule(name), nested, path)
        trainable = bool(config.get("trainable", True))
        asked = tuple(dict.fromkeys(decision.decomposition for decision in made if decision.decomposition))
        spec = Spec(kind, name, {**base, **nested}, path, config.get("name"), trainable, own="class")
        return replace(spec, decompositions=asked, call_decomposition=rule.decomposition, variables=rule.variables)

    def _own_value(self, key: str, value: Any, path: LayerPath) -> Any:
        """A value in the config of a class of the user's: texts and functions are its own to read."""
        if isinstance(value, list):
            return [self._own_value(key, item, path) for item in value]
        if not isinstance(value, Mapping) or value.get("class_name") == "function":
            return value
        if "class_name" in value and "config" in value:
            return self._object_or_model(key, value, path)
        return {own: self._own_value(own, item, path) for own, item in value.items()}

    def _input(self, config: Mapping[str, Any], path: LayerPath) -> Spec:
        for key in sorted(set(config) - BASE_KEYS - _INPUT_KEYS):
            if config[key] is not None:
                self._findings.problem(path, "InputLayer", "unknown key", key, config[key])
        kinds = {key: True for key in ("sparse", "ragged") if config.get(key)}
        settings = {"batch_shape": config["batch_input_shape"], **kinds}
        return Spec("layers", "InputLayer", settings, path, config["name"], True, dtype_name(config.get("dtype")))

    def _apply(self, rule: Rule, kind: str, config: Mapping[str, Any], path: LayerPath) -> Spec:
        base = BASE_KEYS if kind == "layers" else frozenset()
        for key in sorted(set(config) - rule.keys - base):
            self._findings.problem(path, rule.name, "unsupported config key: no rule for it", key, config[key])
        decisions = self._decisions(rule, config, path)
        settings = {**rule.sets, **{key: value for made in decisions for key, value in made.settings.items()}}
        decompositions = [made.decomposition for made in decisions if made.decomposition]
        composed = next((made.composed for made in reversed(decisions) if made.composed), rule.composed)
        if rule.becomes and not composed:  # a composed layer is reported when it is built
            self._findings.change(path, rule.name, "structural", _renamed(rule))
        if rule.otherwise:
            self._findings.change(path, rule.name, "training-only", rule.otherwise)
        nested = {key: self._value(key, value, path) for key, value in settings.items()}
        decompositions.extend(self._carried(rule, nested, path))
        old_dtype = dtype_name(config.get("dtype")) if base else None
        dtype = rule.dtype(old_dtype) if rule.dtype and old_dtype else old_dtype
        if dtype != old_dtype:
            self._findings.change(path, rule.name, "structural", f"dtype={old_dtype!r} is {dtype!r}: {rule.dtype_text}")
        return Spec(
            "optimizers" if kind == "legacy_optimizers" else kind,
            rule.becomes or rule.name,
            nested,
            path,
            config.get("name") if base else None,
            bool(config.get("trainable", True)),
            dtype,
            tuple(dict.fromkeys(decompositions)),
            rule.decomposition,
            composed,
            rule.variables,
            old_dtype=old_dtype if dtype != old_dtype else None,
        )

    def _decisions(self, rule: Rule, config: Mapping[str, Any], path: LayerPath) -> list[Decision]:
        """What the rule's verbs say to the keys that are there."""
        plain_config = plain(config)
        made = {verb.key: verb.decide(plain_config) for verb in rule.verbs if verb.key in config}
        for key, decision in made.items():
            self._note(decision, rule, key, config[key], path)
        return list(made.values())

    def _value(self, key: str, value: Any, path: LayerPath) -> Any:
        """A config value: nested objects get their own rule, whatever key they stand under."""
        if key in OF_TEXT and (own := self._function(value)):
            return self._custom(own, "functions", None, path)
        if isinstance(value, Mapping) and "class_name" in value:
            return self._object_or_model(key, value, path)
        if isinstance(value, str) and kind_of(key, {}) == "activations":
            return self._activation(value, key, path)
        if isinstance(value, str) and kind_of(key, {}) != "layers" and found([value], self._own):
            return self._custom(value, kind_of(key, {}), None, path)
        if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
            return [self._value(key, item, path) for item in value]
        return value

    def _function(self, value: Any) -> str | None:
        """What the user's file calls a function that a config names, with or without its package."""
        named = [value, bare(value)] if isinstance(value, str) else []
        return found(names_of(value) if isinstance(value, Mapping) else named, self._own)

    def _object_or_model(self, key: str, entry: Mapping[str, Any], path: LayerPath) -> Spec | Graph | None:
        kind = kind_of(key, entry)
        rule = self._rules.get((kind, entry["class_name"]))
        if kind == "activations" and isinstance(entry["config"], str):
            known = [name for name in names_of(entry) if ("activations", name) in self._rules or name in self._own]
            return self._activation((known or [entry["config"]])[0], key, path)
        if rule is not None and rule.dropped:
            self._findings.change(path, rule.name, "training-only", f"{key} dropped: {rule.dropped}")
            return None
        if kind != "layers":
            return self.object(entry, kind, path.inside(key))
        name = str((entry.get("config") or {}).get("name") or key)
        new_name = self._findings.new_names([name], path)[name]
        if is_model(entry):
            return self._make_model(entry, path.inside(key, is_model=True), new_name)
        return replace(self.object(entry, kind, path.inside(key)), name=new_name)

    def _activation(self, value: str, key: str, path: LayerPath) -> Any:
        rule = self._rules.get(("activations", value))
        if found([value], self._own) and not (rule and ">" in value):
            return self._custom(value, "activations", None, path)
        if rule is None:
            self._findings.problem(path, value, "no rule for this activation", key, value)
            return value
        if rule.becomes:
            self._findings.change(path, value, "structural", f"{key}={value!r} is called {rule.becomes!r}")
        if rule.decomposition is None:
            return rule.becomes or value
        text = f"{key}={value!r} is written out: {rule.source.note if rule.source else rule.decomposition}"
        self._findings.change(path, value, "semantic", text)
        return Spec("activations", value, {}, path, call_decomposition=rule.decomposition)

    def _carried(self, rule: Rule, nested: Mapping[str, Any], path: LayerPath) -> list[str]:
        """Decompositions a wrapped layer needs: the wrapper applies them around itself, or the model is refused."""
        wanted = {name: item for item in _specs(nested) if item.kind == "layers" for name in item.decompositions}
        for name in sorted(set(wanted) - rule.carries):
            text = f"{wanted[name].class_name} needs the decomposition {name}, which is not possible here"
            self._findings.problem(path, rule.name, text)
        return sorted(set(wanted) & rule.carries)

    def _note(self, decision: Decision, rule: Rule, key: str, value: Any, path: LayerPath) -> None:
        if decision.refusal and not (decision.unless_own and self._function(value)):
            unblock = way_out(path) if rule.name in REPLACEABLE else None
            self._findings.problem(path, rule.name, decision.refusal, key, value, unblock)
        if decision.change:
            kind, text = decision.change
            self._findings.change(path, rule.name, kind, text)


def _renamed(rule: Rule) -> str:
    settings = "".join(f", {key}={value!r}" for key, value in rule.sets.items())
    return f"becomes {rule.becomes}{settings}"


def _specs(nested: Any) -> list[Spec]:
    if isinstance(nested, Spec):
        return [nested]
    values = nested.values() if isinstance(nested, Mapping) else nested if isinstance(nested, list) else ()
    return [spec for value in values for spec in _specs(value)]
