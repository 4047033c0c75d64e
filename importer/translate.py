"""Architecture of Keras 2.15 to specs of Keras 3: every class and every key is decided by a rule or refused by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from importer import operator_layers, operators
from importer.graph import OPERATORS, is_model, parse_calls, parse_ends
from importer.naming import free_name
from importer.operators.noise import DRAWN
from importer.rules import table
from importer.rules.verbs import Decision, Rule
from importer.spec import Call, Change, Graph, Placed, Spec, TensorRef
from importer.training import acts_in_training
from interchange.customs import found, names_of
from interchange.errors import Problem, refused
from interchange.replacements import REPLACEABLE, Replacement, way_out

# Keys every layer has; what they say is in `Spec` itself, or in the graph.
_BASE_KEYS = frozenset({"name", "trainable", "dtype", "batch_input_shape"})
_INPUT_KEYS = frozenset({"batch_input_shape", "sparse", "ragged"})
Kinds = Mapping[str, Sequence[str]]
Replaced = Mapping[str, Replacement]

_KIND_OF_SUFFIX = {"activation": "activations", "initializer": "initializers"}


@dataclass
class Translation:
    """The result of translating one model: its graph, all changes, all problems."""

    graph: Graph | None = None
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def translate(
    architecture: Mapping[str, Any],
    kinds: Kinds = MappingProxyType({}),
    replaced: Replaced = MappingProxyType({}),
    own: Mapping[str, str] = MappingProxyType({}),
) -> Translation:
    """Translate `architecture.json`; all problems of the model are collected, none is raised.

    `kinds` are the sparse and ragged tensors that layers are given, and `replaced` the functions that the user gives
    for layers, by their paths. `own` are the names of the user's own classes
    and functions, each with the class of Keras that it is made of, or nothing.
    """
    translator = _Translator(kinds, replaced, own)
    name = str(architecture["config"].get("name", "model"))
    graph = translator.model(architecture, path="", name=translator.new_names([name], "")[name])
    return Translation(graph, translator.changes, translator.problems)


def translated(
    architecture: Mapping[str, Any],
    kinds: Kinds = MappingProxyType({}),
    replaced: Replaced = MappingProxyType({}),
    own: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Graph, list[Change]]:
    """Like `translate`, but a model with problems is refused (`Failure`, exit code 4)."""
    result = translate(architecture, kinds, replaced, own)
    if result.problems or result.graph is None:
        count = len(result.problems)
        first = str(result.problems[0])
        message = f"{count} thing{'s' * (count > 1)} in this model cannot be migrated yet; the first: {first}"
        raise refused(result.problems, message, "error.problems in the report names each with its layer, key and value")
    return result.graph, result.changes


class _Translator:
    """Walks one architecture and keeps what it has to tell."""

    def __init__(self, kinds: Kinds, replaced: Replaced, own: Mapping[str, str]) -> None:
        self.changes: list[Change] = []
        self.problems: list[Problem] = []
        self._kinds = kinds
        self._replaced = replaced
        self._own = own
        self._rules = table()

    def model(self, entry: Mapping[str, Any], path: str, name: str) -> Graph:
        """A nested or outermost model; `path` is empty for the outermost."""
        config = entry["config"]
        if entry["class_name"] == "Sequential":
            return self._sequential(config, path, name)
        counts = {layer["name"]: int(is_model(layer)) for layer in config["layers"]}
        names = self.new_names([layer["name"] for layer in config["layers"]], path)
        layers = tuple(self._placed(layer, path, counts, names[layer["name"]]) for layer in config["layers"])
        inputs, outputs = (
            parse_ends(config[key], lambda n: counts.get(n, 0)) for key in ("input_layers", "output_layers")
        )
        return Graph(name, path, layers, inputs, outputs, trainable=bool(config.get("trainable", True)))

    def _sequential(self, config: Mapping[str, Any], path: str, name: str) -> Graph:
        names = self.new_names([entry["config"]["name"] for entry in config["layers"]], path)
        placed: list[Placed] = []
        last: TensorRef | None = None
        for entry in config["layers"]:
            own = _join(path, entry["config"]["name"])
            item = self._item(entry, own, names[entry["config"]["name"]])
            is_input = entry["class_name"] == "InputLayer"
            calls = () if is_input else (Call(last, {}),)
            placed.append(Placed(entry["config"]["name"], own, item, calls))
            last = TensorRef(placed[-1].name, 0, 0)
        first = TensorRef(placed[0].name, 0, 0) if placed and not placed[0].calls else None
        return Graph(name, path, tuple(placed), first, last, sequential=True, trainable=config.get("trainable", True))

    def _placed(self, entry: Mapping[str, Any], path: str, counts: Mapping[str, int], new_name: str) -> Placed:
        name = entry["name"]
        own = _join(path, name)
        calls = parse_calls(entry, own, lambda n: counts.get(n, 0))
        if entry["class_name"] in OPERATORS:
            return self._operator(entry, own, calls)
        return Placed(name, own, self._item(entry, own, new_name), tuple(self._call(c, entry, own) for c in calls))

    def _operator(self, entry: Mapping[str, Any], path: str, calls: Sequence[Call]) -> Placed:
        """A TensorFlow function called on symbolic tensors; it must be in the table, with all of its arguments."""
        if path in self._replaced:
            named = operator_layers.as_they_are(entry, calls)
            spec = Spec("operators", entry["class_name"], self._replacement(entry, path), path, entry["name"])
            return Placed(entry["name"], path, spec, named)
        function, named, problems = operator_layers.read(entry, calls)
        for text in problems:
            self._problem(path, entry["class_name"], text, "function", function, way_out(path))
        text = f"tf.{function} is said with keras.ops"
        self.changes.append(Change(path, entry["class_name"], "structural", text))
        if operators.draws(function):
            self.changes.append(Change(path, entry["class_name"], "semantic", DRAWN))
        return Placed(entry["name"], path, Spec("operators", function, {}, path, entry["name"]), named)

    def _replacement(self, entry: Mapping[str, Any], path: str) -> dict[str, Any]:
        """The function that the user gives for a layer."""
        given = self._replaced[path]
        text = f"replaced by {given.place} as you ask, sha256 {given.sha256}"
        self.changes.append(Change(path, entry["class_name"], "semantic", text))
        return {"replacement": given}

    def _call(self, call: Call, entry: Mapping[str, Any], path: str) -> Call:
        """`training` given in the call: Keras 3 overrules it whenever it runs the model as a whole."""
        kwargs = dict(call.kwargs)
        training = kwargs.pop("training", None)
        if training and not acts_in_training(entry):
            text = "training=True in the call left out: nothing in this layer acts in training alone"
            self.changes.append(Change(path, str(entry["class_name"]), "structural", text))
        elif training:
            text = "training=True in the call: Keras 3 overrules it at inference"
            self._problem(path, str(entry["class_name"]), text, "training", training)
        elif training is not None:
            text = "training=False in the call has no effect in Keras 3; freeze the layer before you train the model"
            self.changes.append(Change(path, str(entry["class_name"]), "training-only", text))
        return Call(_without_constants(call.inputs, entry), kwargs)

    def new_names(self, names: Sequence[str], path: str) -> dict[str, str]:
        """Names for Keras 3, which has no `/` in them; the report has the map back."""
        taken = {name for name in names if "/" not in name}
        new: dict[str, str] = {}
        for name in names:
            new[name] = name if "/" not in name else free_name(name.replace("/", "_"), taken)
            if new[name] != name:
                taken.add(new[name])
                text = f"{name!r} is called {new[name]!r}: Keras 3 has no / in names"
                self.changes.append(Change(_join(path, name), "name", "structural", text))
        return new

    def _item(self, entry: Mapping[str, Any], path: str, new_name: str) -> Spec | Graph:
        given = frozenset(self._kinds.get(path, ()))
        self._check_kinds(entry, given, path)
        if is_model(entry):
            return self.model(entry, path, new_name)
        return replace(self.object(entry, "layers", path), name=new_name, given=given)

    def _check_kinds(self, entry: Mapping[str, Any], given: frozenset[str], path: str) -> None:
        """A layer in Keras 3 that raises at sparse or ragged tensors, or computes something else, gets none."""
        name = str(entry["class_name"])
        rule = self._rules.get(("layers", name))
        for kind in sorted(given - rule.takes if rule else given):
            what = "a model whose own input is of another kind" if is_model(entry) else f"Keras 3's {name}"
            self._problem(path, name, f"{what} cannot be given a {kind} tensor", kind, True)

    def object(self, entry: Mapping[str, Any], kind: str, path: str) -> Spec:
        """A Keras object with a config: a layer, initializer, regularizer or constraint."""
        name, config = entry["class_name"], entry.get("config") or {}
        if kind == "layers" and name == "InputLayer":
            return self._input(config, path)
        if kind == "layers" and path in self._replaced:
            settings = {**self._replacement(entry, path), "arguments": config.get("arguments")}
            base = (config["name"], bool(config.get("trainable", True)), dtype_name(config.get("dtype")))
            if config.get("mask") is not None:
                self._problem(path, name, "it makes a mask besides, which a replacement cannot say", "mask")
            call_rule = rule.native if (rule := self._rules.get((kind, name))) else None
            return Spec(kind, name, settings, path, *base, call_rule=call_rule, composed="replacement")
        rule = self._registered(kind, entry)
        own = found(names_of(entry), self._own) if rule is None else None
        if own is not None:
            return self._custom(own, kind, config, path)
        rule = rule or self._rules.get((kind, name))
        if rule is None:
            self._problem(path, name, f"no rule for this class of keras.{kind} yet")
            return Spec(kind, name, {}, path)
        if rule.refused:
            self._problem(path, name, rule.refused, unblock=rule.instead)
            return Spec(kind, name, {}, path)
        return self._apply(rule, kind, config, path)

    def _registered(self, kind: str, entry: Mapping[str, Any]) -> Rule | None:
        """The rule for what has one under its registered name, as TensorFlow Addons', whoever defines it in Keras 2."""
        rules = (self._rules.get((kind, name)) for name in names_of(entry) if ">" in name)
        return next((rule for rule in rules if rule is not None), None)

    def _custom(self, name: str, kind: str, config: Any, path: str) -> Spec:
        """A class of the user's reads its config itself; what is Keras's in it is said as Keras 3 says it."""
        if not isinstance(config, Mapping):
            return Spec(kind, name, {}, path, own="function")
        is_layer = kind == "layers"
        base = {key: config[key] for key in ("name", "trainable") if is_layer and key in config}
        if is_layer and config.get("dtype") is not None:
            base["dtype"] = dtype_name(config["dtype"])
        settings = plain({key: value for key, value in config.items() if not (is_layer and key in _BASE_KEYS)})
        rule = self._rules.get((kind, self._own[name]))
        rule = rule if rule and not (rule.becomes or rule.refused) else Rule(name)
        made = self._decisions(rule, config, path)  # what it has from a class of Keras
        settings = {key: value for key, value in settings.items() if key not in rule.keys}
        settings.update({key: value for decision in made for key, value in decision.settings.items()})
        nested = {key: self._own_value(key, value, path) for key, value in settings.items()}
        self._carried(Rule(name), nested, path)
        trainable = bool(config.get("trainable", True))
        natives = tuple(dict.fromkeys(decision.native for decision in made if decision.native))
        spec = Spec(kind, name, {**base, **nested}, path, config.get("name"), trainable, own="class")
        return replace(spec, natives=natives, call_rule=rule.native, variables=rule.variables)

    def _own_value(self, key: str, value: Any, path: str) -> Any:
        """A value in the config of a class of the user's: texts and functions are its own to read."""
        if isinstance(value, list):
            return [self._own_value(key, item, path) for item in value]
        if not isinstance(value, Mapping) or value.get("class_name") == "function":
            return value
        if "class_name" in value and "config" in value:
            return self._object_or_model(key, value, path)
        return {own: self._own_value(own, item, path) for own, item in value.items()}

    def _input(self, config: Mapping[str, Any], path: str) -> Spec:
        for key in sorted(set(config) - _BASE_KEYS - _INPUT_KEYS):
            if config[key] is not None:
                self._problem(path, "InputLayer", "unknown key", key, config[key])
        kinds = {key: True for key in ("sparse", "ragged") if config.get(key)}
        settings = {"batch_shape": config["batch_input_shape"], **kinds}
        return Spec("layers", "InputLayer", settings, path, config["name"], True, dtype_name(config.get("dtype")))

    def _apply(self, rule: Rule, kind: str, config: Mapping[str, Any], path: str) -> Spec:
        base = _BASE_KEYS if kind == "layers" else frozenset()
        for key in sorted(set(config) - rule.keys - base):
            self._problem(path, rule.name, "unknown key: nobody decided what becomes of it", key, config[key])
        decisions = self._decisions(rule, config, path)
        settings = {**rule.sets, **{key: value for made in decisions for key, value in made.settings.items()}}
        natives = [made.native for made in decisions if made.native]
        composed = next((made.composed for made in reversed(decisions) if made.composed), rule.composed)
        if rule.becomes and not composed:  # what is composed is told when it is built: its graph may decide
            self.changes.append(Change(path, rule.name, "structural", _renamed(rule)))
        nested = {key: self._value(key, value, path) for key, value in settings.items()}
        natives.extend(self._carried(rule, nested, path))
        return Spec(
            kind,
            rule.becomes or rule.name,
            nested,
            path,
            config.get("name") if base else None,
            bool(config.get("trainable", True)),
            dtype_name(config.get("dtype")) if base else None,
            tuple(dict.fromkeys(natives)),
            rule.native,
            composed,
            rule.variables,
        )

    def _decisions(self, rule: Rule, config: Mapping[str, Any], path: str) -> list[Decision]:
        """What the rule's verbs say to the keys that are there."""
        plain_config = plain(config)
        made = {verb.key: verb.decide(plain_config) for verb in rule.verbs if verb.key in config}
        for key, decision in made.items():
            self._note(decision, rule, key, config[key], path)
        return list(made.values())

    def _value(self, key: str, value: Any, path: str) -> Any:
        """A config value: nested objects get their own rule, whatever key they stand under."""
        if isinstance(value, Mapping) and "class_name" in value:
            return self._object_or_model(key, value, path)
        if isinstance(value, str) and _kind(key, {}) == "activations":
            return self._activation(value, key, path)
        if isinstance(value, str) and _kind(key, {}) != "layers" and found([value], self._own):
            return self._custom(value, _kind(key, {}), None, path)
        if isinstance(value, list) and any(isinstance(item, Mapping) for item in value):
            return [self._value(key, item, path) for item in value]
        return value

    def _object_or_model(self, key: str, entry: Mapping[str, Any], path: str) -> Spec | Graph | None:
        kind = _kind(key, entry)
        rule = self._rules.get((kind, entry["class_name"]))
        if kind == "activations" and isinstance(entry["config"], str):
            known = [name for name in names_of(entry) if ("activations", name) in self._rules or name in self._own]
            return self._activation((known or [entry["config"]])[0], key, path)
        if rule is not None and rule.dropped:
            self.changes.append(Change(path, rule.name, "training-only", f"{key} dropped: {rule.dropped}"))
            return None
        if kind != "layers":
            return self.object(entry, kind, f"{path}.{key}")
        name = str((entry.get("config") or {}).get("name") or key)
        new_name = self.new_names([name], path)[name]
        if is_model(entry):
            return self.model(entry, _join(path, key), new_name)
        return replace(self.object(entry, kind, f"{path}.{key}"), name=new_name)

    def _activation(self, value: str, key: str, path: str) -> Any:
        rule = self._rules.get(("activations", value))
        if found([value], self._own) and not (rule and ">" in value):
            return self._custom(value, "activations", None, path)
        if rule is None:
            self._problem(path, value, "no rule for this activation", key, value)
            return value
        if rule.becomes:
            self.changes.append(Change(path, value, "structural", f"{key}={value!r} is called {rule.becomes!r}"))
        if rule.native is None:
            return rule.becomes or value
        self.changes.append(Change(path, value, "semantic", f"{key}={value!r} is written out: {rule.source}"))
        return Spec("activations", value, {}, path, call_rule=rule.native)

    def _carried(self, rule: Rule, nested: Mapping[str, Any], path: str) -> list[str]:
        """Graph rules a wrapped layer needs: the wrapper applies them around itself, or the model is refused."""
        wanted = {name: item for item in _specs(nested) if item.kind == "layers" for name in item.natives}
        for name in sorted(set(wanted) - rule.carries):
            text = f"{wanted[name].class_name} needs the graph rule {name}, which cannot act in here"
            self._problem(path, rule.name, text)
        return sorted(set(wanted) & rule.carries)

    def _note(self, decision: Decision, rule: Rule, key: str, value: Any, path: str) -> None:
        if decision.refusal:
            unblock = way_out(path) if rule.name in REPLACEABLE else None
            self._problem(path, rule.name, decision.refusal, key, value, unblock)
        if decision.change:
            kind, text = decision.change
            self.changes.append(Change(path, rule.name, kind, text))

    def _problem(
        self,
        path: str,
        class_name: str,
        text: str,
        key: str | None = None,
        value: Any = None,
        unblock: str | None = None,
    ) -> None:
        self.problems.append(Problem(path, class_name, text, key, value, unblock))


def _without_constants(inputs: Any, entry: Mapping[str, Any]) -> Any:
    """What a recurrent layer is called on: Keras 2 writes constants behind the sequence and its states."""
    count = (entry.get("config") or {}).get("num_constants")
    if not count or not isinstance(inputs, list):
        return inputs
    read = inputs[:-count]
    return read[0] if len(read) == 1 else read


def _renamed(rule: Rule) -> str:
    settings = "".join(f", {key}={value!r}" for key, value in rule.sets.items())
    return f"becomes {rule.becomes}{settings}"


def _join(path: str, name: str) -> str:
    return f"{path}/{name}" if path else name


def _kind(key: str, value: Mapping[str, Any]) -> str:
    module = str(value.get("module") or "")
    if module.startswith("keras.") and module.count(".") == 1:
        return module.split(".")[1]
    suffix = key.rsplit("_", 1)[-1]
    return _KIND_OF_SUFFIX.get(suffix, suffix + "s" if suffix in ("regularizer", "constraint") else "layers")


def _specs(nested: Any) -> list[Spec]:
    if isinstance(nested, Spec):
        return [nested]
    values = nested.values() if isinstance(nested, Mapping) else nested if isinstance(nested, list) else ()
    return [spec for value in values for spec in _specs(value)]


def dtype_name(value: Any) -> str | None:
    """The name of a dtype or of a mixed-precision policy, which Keras 3 takes under the same name."""
    if isinstance(value, Mapping):
        return str(value["config"]["name"])
    return None if value is None else str(value)


def plain(value: Any) -> Any:
    """Values as JSON has them: Keras 2.15 marks tuples and NumPy arrays with pseudo classes."""
    if isinstance(value, Mapping):
        if value.get("class_name") == "__tuple__":
            return [plain(item) for item in value["items"]]
        if value.get("class_name") == "__numpy__":
            return plain(value["config"]["value"])
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    return value
