"""Objects of Keras 3 to specs of Keras 2.15: a rule of the way back, or the inverses of the way there, for each key."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from interchange.layer_path import LayerPath
from translation import verbs
from translation.keras2_to_3.configs import kind_of
from translation.keras2_to_3.spec import Graph, Spec
from translation.keras2_to_3.translation_log import Findings
from translation.keras3_to_2 import activations
from translation.keras3_to_2.configs import BASE_KEYS, UnknownDtypeError, dtype_of, in_config
from translation.keras3_to_2.decided import restored_keys, rules_of
from translation.keras3_to_2.graph import is_model
from translation.keras3_to_2.rules import table
from translation.keras3_to_2.verbs import Back, BackRule

_PUBLIC = {"builtins", "keras", None}
_OWN = "a class of its own, which Keras 2.15 does not know"
_WITH_KERAS = "build the model from layers of Keras, load the weights into that, and save it"
_NOT_THERE = "Keras 2.15 has no such class"
_NO_KEY = "Keras 2.15 has no such argument"
_AT_DEFAULT = "build the model without this argument in Keras 3, load the weights into that, and save it"

_OUTSIDE = "put the layer outside of the wrapper, or use another one, and save the model again"
# What a wrapped layer asks for and does not need inside of a wrapper, and what the wrapper can do in its place.
_ALONE = frozenset({"recurrent", "merge_masks", "softmax_mask", "unmasked"})
_CARRIED = frozenset({"activation", "image_dtype"})
_CARRYING = frozenset({"TimeDistributed", "SpectralNormalization"})


@dataclass(frozen=True)
class Carried:
    """What a wrapper does for the layer in it: keys of its spec, and modules that its calls go through."""

    config: Mapping[str, Any] = field(default_factory=dict)
    calls: tuple[str, ...] = ()


# Makes the graph of a model that is nested in a config, from its entry, its path and its name.
ModelMaker = Callable[[Mapping[str, Any], LayerPath, str], Graph]


class Objects:
    """Makes specs of the objects of one model, asking `make_model` for the models nested in their configs."""

    def __init__(self, findings: Findings, make_model: ModelMaker) -> None:
        self._findings = findings
        self._make_model = make_model
        self._back = table()

    def object(self, entry: Mapping[str, Any], kind: str, path: LayerPath) -> Spec:
        """A Keras object with a config: a layer, initializer, regularizer or constraint."""
        name, config = str(entry["class_name"]), entry.get("config") or {}
        if _is_own(entry):
            self._findings.problem(path, name, _OWN, unblock=_WITH_KERAS)
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
        config_here, carried = self._carried(rule.name, config_here, path)
        name = rule.becomes or rule.name
        dtype = config_here.pop("dtype", None) or (self._dtype(config, rule.name, path) if base else None)
        if rule.becomes == "Activation":
            config_here["activation"] = "linear"
        if rule.becomes:
            self._findings.change(path, rule.name, "structural", f"becomes {name}")
        return Spec(
            kind, name, {**config_here, **split, **carried.config}, path,
            config.get("name") if base else None,
            bool(config.get("trainable", True)),
            dtype,
            tuple(dict.fromkeys([*(["activation"] if split else []), *carried.calls, *calls])),
            variables=rule.variables,
        )  # fmt: skip

    def _carried(self, name: str, config: dict[str, Any], path: LayerPath) -> tuple[dict[str, Any], Carried]:
        """What the layer in a wrapper asks for and the wrapper does behind itself; anything else is refused."""
        inner = {key: value for key, value in config.items() if isinstance(value, Spec) and value.kind == "layers"}
        kept: dict[str, Any] = {}
        carried = Carried()
        for key, spec in inner.items():
            wanted = [call for call in spec.decompositions if call not in _ALONE]
            for call in (call for call in wanted if call not in _CARRIED or name not in _CARRYING):
                text = f"{spec.class_name} needs {call} around its calls, which is not possible in another layer"
                self._findings.problem(path, name, text, key, spec.class_name, _OUTSIDE)
            kept[key] = replace(
                spec, decompositions=(), config={k: v for k, v in spec.config.items() if k != activations.WRITTEN_OUT}
            )
            written = {k: v for k, v in spec.config.items() if k == activations.WRITTEN_OUT}
            carried = Carried({**carried.config, **written}, (*carried.calls, *wanted))
        return {**config, **kept}, carried

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
            self._findings.problem(path, str(entry["class_name"]), _OWN, key, _shown(config), _WITH_KERAS)
            return None
        if kind != "layers":
            return self.object(entry, kind, path.inside(key))
        if is_model(entry):
            return self._make_model(entry, path.inside(key, is_model=True), str(config.get("name") or key))
        return replace(self.object(entry, kind, path.inside(key)), name=str(config.get("name") or key))

    def _activation(self, key: str, value: Any, path: LayerPath) -> Any:
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
    """A value in a message: that of an object is its class."""
    if isinstance(value, Mapping) and "class_name" in value:
        return str(value["class_name"])
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)[:60]


def names_of(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """The names of layers in the config of a model."""
    return [str(entry.get("name") or entry["config"]["name"]) for entry in entries]
