"""The optimizer, the losses and the metrics of one model, each by the rule of its class or function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NoReturn, Union

from interchange.layer_path import OUTERMOST, LayerPath
from interchange.messages.changes import Change
from interchange.user_files.custom_objects import bare, found, names_of
from translation.keras2_to_3.configs import kind_of, plain
from translation.keras2_to_3.objects import Objects
from translation.keras2_to_3.rules import losses, metrics, table
from translation.keras2_to_3.spec import Spec
from translation.keras2_to_3.translation_log import Findings

# A name that Keras 3 knows, a spec, or nothing.
Leaf = Union[str, Spec, None]
Entry = Mapping[str, Any]

_UNKNOWN = "neither Keras 3 nor a file of custom objects has it"
_UNCHOSEN = "Keras 3 does not choose a crossentropy by the shapes of truth and prediction"


class TrainingObjects:
    """Makes the leaves of a `TrainingSpec`; `changes` are the lines about them, `reasons` what has no counterpart."""

    def __init__(self, own: Mapping[str, str]) -> None:
        self._own = own
        self._rules = table()
        self.changes: list[Change] = []
        self.reasons: list[str] = []

    def optimizer(self, given: Any) -> Spec:
        """An optimizer, given by its name or with its config."""
        entry = self._named("optimizers", given) if isinstance(given, str) else given
        if entry["class_name"] == "LossScaleOptimizerV3":  # what it is called within Keras 2
            entry = {**entry, "class_name": "LossScaleOptimizer"}
        made = self._needed(entry, kind_of("optimizer", entry))
        if made.class_name == "LossScaleOptimizer" and made.config.get("dynamic") is False:
            inner = made.config["inner_optimizer"]
            return replace(inner, config={**inner.config, "loss_scale_factor": made.config["initial_scale"]})
        return made

    def loss(self, given: Any) -> Leaf:
        """A loss, given by the name of a function or class, or with its config."""
        name = _function(given)
        if name is not None and not self._is_own(given):
            canonical = losses.ALIASES.get(name, name)
            return canonical if canonical in losses.CLASSES else self._needed(self._named("losses", name), "losses")
        if _class(given) == "LossFunctionWrapper":
            return self._wrapped(given["config"])
        return _kept_when_saved(self._needed(given, "losses"))

    def metric(self, given: Any, output: str, loss: Leaf) -> Leaf:
        """A metric of an output with this loss; None, with a line, for one that Keras 3 cannot compute."""
        name = _function(given)
        if name is not None and name.lower() in metrics.CHOSEN:
            return name
        if name is not None and name.lower() in metrics.CROSSENTROPIES:
            return self._crossentropy(name, loss)
        if name is not None and not self._is_own(given):
            is_mean = metrics.ALIASES.get(name, name) in {*metrics.CLASSES, *losses.CLASSES}
            wrapper = {"class_name": "MeanMetricWrapper", "config": {"fn": name, "name": name}}
            given = wrapper if is_mean else self._named("metrics", name)
        if _class(given) == "MeanMetricWrapper":
            return self._mean(given["config"], output)
        return self._optional(given, kind_of("metric", given), output)

    def _wrapped(self, config: Entry) -> Leaf:
        """A function of two tensors as a loss, with further arguments."""
        function, rest = _function(config.get("fn")), {key: value for key, value in config.items() if key != "fn"}
        canonical = losses.ALIASES.get(str(function), str(function))
        if canonical in losses.CLASSES and not self._is_own(config["fn"]):
            entry = {"class_name": losses.CLASSES[canonical], "config": rest}
            return _kept_when_saved(self._needed(entry, "losses"))
        function_spec = self._needed(config.get("fn"), "losses")
        made = self._needed({"class_name": "Loss", "config": rest}, "losses")
        return replace(made, class_name="LossFunctionWrapper", config={**made.config, "fn": function_spec})

    def _mean(self, config: Entry, output: str) -> Leaf:
        """The mean of a function, which is a class of Keras 3 for most of them."""
        function, rest = _function(config.get("fn")), {key: value for key, value in config.items() if key != "fn"}
        canonical = metrics.ALIASES.get(str(function), str(function))
        if canonical in metrics.CLASSES and not self._is_own(config["fn"]):
            return self._optional({"class_name": metrics.CLASSES[canonical], "config": rest}, "metrics", output)
        if canonical in losses.CLASSES and not self._is_own(config["fn"]):
            made: Leaf = Spec("losses", canonical, {}, OUTERMOST)
        else:
            made = self._optional(config.get("fn"), "metrics", output)
        if not isinstance(made, Spec):
            return None
        kept = {key: plain(value) for key, value in rest.items()}
        mean = _without_prefix(Spec("metrics", "MeanMetricWrapper", {"fn": made, **kept}, OUTERMOST), output)
        return made if _is_as_given(mean, made) else mean

    def _crossentropy(self, name: str, loss: Leaf) -> Leaf:
        """The metric `crossentropy`, for which Keras 2 looks at the shapes: the loss says what they are."""
        of_loss = loss.class_name if isinstance(loss, Spec) else losses.CLASSES.get(str(loss), "")
        if of_loss in ("CategoricalCrossentropy", "SparseCategoricalCrossentropy"):
            return Spec("metrics", of_loss, {"name": name}, OUTERMOST)
        self._left_out(name, _UNCHOSEN)
        return None

    def _needed(self, entry: Any, kind: str) -> Spec:
        """What no model is compiled without: its problems are reasons."""
        made, findings = self._made(entry, kind)
        self.changes += [replace(change, layer=OUTERMOST) for change in findings.changes]
        self.reasons += [f"{problem.class_name}: {problem.text}" for problem in findings.problems]
        return made

    def _optional(self, entry: Any, kind: str, output: str) -> Leaf:
        """What can be left out: its problems are a line."""
        rule = self._rules.get((kind, _class(entry)))
        if rule is not None and rule.dropped:
            self._left_out(rule.name, rule.dropped)
            return None
        made, findings = self._made(entry, kind)
        if findings.problems:
            self._left_out(findings.problems[0].class_name, findings.problems[0].text)
            return None
        self.changes += [replace(change, layer=OUTERMOST) for change in findings.changes]
        return _without_prefix(made, output)

    def _made(self, entry: Any, kind: str) -> tuple[Spec, Findings]:
        findings = Findings()
        name = str(_class(entry) if _function(entry) is None else _function(entry))
        if isinstance(entry, str):
            entry = {"class_name": "function", "config": entry}
        if not isinstance(entry, Mapping) or not (self._is_own(entry) or (kind, name) in self._rules):
            findings.problem(OUTERMOST, name, _UNKNOWN)
            return Spec(kind, name, {}, OUTERMOST), findings
        return Objects(findings, {}, self._own, _no_model).object(entry, kind, OUTERMOST), findings

    def _left_out(self, name: str, why: str) -> None:
        self.changes.append(Change(OUTERMOST, name, "training-only", f"the metric is left out: {why}"))

    def _is_own(self, entry: Any) -> bool:
        names = names_of(entry) if isinstance(entry, Mapping) else [str(entry), bare(str(entry))]
        return found(names, self._own) is not None

    def _named(self, kind: str, name: str) -> Entry:
        """The entry of a class by its name, which may be written in small letters."""
        known = {each.lower(): each for of, each in self._rules if of == kind}
        return {"class_name": name if (kind, name) in self._rules else known.get(name.lower(), name), "config": {}}


def _function(given: Any) -> str | None:
    """The name of a function, or of a class that is given by its name; None for what has a config."""
    if isinstance(given, Mapping) and given.get("class_name") == "function":
        return str(given["config"])
    return given if isinstance(given, str) else None


def _class(given: Any) -> str:
    return str(given.get("class_name")) if isinstance(given, Mapping) else ""


def _kept_when_saved(made: Spec) -> Spec:
    """A loss of which Keras 3 would not save all: the function with its arguments does."""
    function, key, default = losses.FORGOTTEN.get(made.class_name, ("", "", 0))
    if made.own or made.config.get(key, default) == default:
        return made
    return replace(
        made,
        class_name="LossFunctionWrapper",
        config={**made.config, "fn": Spec("losses", function, {}, OUTERMOST)},
    )


def _without_prefix(made: Spec, output: str) -> Spec:
    """A metric without the name of its output in its own: Keras 3 puts it there again."""
    name = made.config.get("name")
    if not output or not isinstance(name, str) or not name.startswith(f"{output}_"):
        return made
    return replace(made, config={**made.config, "name": name[len(output) + 1 :]})


def _is_as_given(mean: Spec, made: Spec) -> bool:
    """Whether Keras 3 makes the same of the user's function alone; it reads the function's name as the function."""
    usual = {"name": made.class_name, "dtype": "float32"}
    return made.own == "function" and all(usual.get(key) == mean.config[key] for key in mean.config.keys() - {"fn"})


def _no_model(_: Entry, path: LayerPath, name: str) -> NoReturn:
    raise ValueError(f"a model {name} at {path!r}, in what a model is compiled with")
