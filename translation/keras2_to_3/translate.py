"""Architecture of Keras 2.15 to specs of Keras 3: every class and every key is decided by a rule or refused by name."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from interchange.errors import Failure, Problem, refused
from interchange.hints import way_out_of_all
from interchange.layer_path import OUTERMOST, LayerPath
from interchange.messages.changes import Change
from interchange.user_files.custom_objects import bare, found, names_of
from interchange.user_files.replacements import Replacement
from translation import operators
from translation.keras2_to_3 import operator_layers, training_layers
from translation.keras2_to_3.graph import OPERATORS, called, is_model, made_as_graph, parse_calls, parse_ends
from translation.keras2_to_3.objects import Objects
from translation.keras2_to_3.rules import table
from translation.keras2_to_3.spec import Call, Graph, Placed, Spec, TensorRef
from translation.keras2_to_3.training_calls import acts_in_training, in_calls
from translation.keras2_to_3.translation_log import Findings
from translation.operators.random.noise_source import DRAWN
from translation.operators.refusal_reasons import way_out_of
from translation.user_models import LISTED, of_own_class, plain

NOT_TRAINING = (
    "Build the model in Keras 2 without training=True in this call, load its weights into that, and save it again: it "
    "then computes what it does at inference."
)
_WITHOUT = "Build the model in Keras 2 without it, load the weights into that, and save it again."
Kinds = Mapping[str, Sequence[str]]
Replaced = Mapping[str, Replacement]


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
    for layers, by their paths. `own` are the names of the user's own classes and functions, each with the class of
    Keras that it is made of, or nothing.
    """
    findings = Findings()
    for each in of_own_class(architecture):
        findings.change(each.shown, each.class_name, "training-only", LISTED.format(bare(each.class_name)))
    architecture = plain(architecture)
    name = str(architecture["config"].get("name", "model"))
    new_name = findings.new_names([name], OUTERMOST)[name]
    graph = _Translator(findings, kinds, replaced, own).model(architecture, path=OUTERMOST, name=new_name)
    return Translation(graph, findings.changes, findings.problems)


def translated(
    architecture: Mapping[str, Any],
    kinds: Kinds = MappingProxyType({}),
    replaced: Replaced = MappingProxyType({}),
    own: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Graph, list[Change]]:
    """Like `translate`, but a model with problems is refused (`Failure`, exit code 4)."""
    result = translate(architecture, kinds, replaced, own)
    if result.problems or result.graph is None:
        raise refusal_of(result.problems)
    return result.graph, result.changes


def refusal_of(problems: Sequence[Problem]) -> Failure:
    """The failure of a model that has these problems."""
    count = len(problems)
    message = f"{count} thing{'s' * (count > 1)} in this model cannot be migrated yet; the first: {problems[0]}"
    return refused(problems, message, way_out_of_all(problems, _WITHOUT))


class _Translator:
    """Walks one architecture: its models, their layers, and the calls of these."""

    def __init__(self, findings: Findings, kinds: Kinds, replaced: Replaced, own: Mapping[str, str]) -> None:
        self._findings = findings
        self._kinds = kinds
        self._replaced = replaced
        self._own = own
        self._objects = Objects(findings, replaced, own, self.model)
        self._in_training = False  # whether the model around is called with `training=True`

    def model(self, entry: Mapping[str, Any], path: LayerPath, name: str) -> Graph:
        """A nested or outermost model; `path` is empty for the outermost."""
        config = entry["config"]
        if entry["class_name"] == "Sequential":
            return self._sequential(config, path, name)
        graphs = self._graphs(config)
        counts = {layer["name"]: int(is_model(layer) or layer["name"] in graphs) for layer in config["layers"]}
        names = self._findings.new_names([layer["name"] for layer in config["layers"]], path)
        inputs, outputs = (
            parse_ends(config[key], lambda n: counts.get(n, 0)) for key in ("input_layers", "output_layers")
        )
        found = self._pruned(config["layers"], path, counts, outputs)
        layers = tuple(
            self._placed(layer, path / layer["name"], found.calls[layer["name"]], names[layer["name"]])
            for layer in config["layers"]
            if layer["name"] not in found.dropped
        )
        trainable = bool(config.get("trainable", True))
        return Graph(name, path, layers, inputs, found.outputs, trainable=trainable, dropped=found.dropped)

    def _graphs(self, config: Mapping[str, Any]) -> Collection[str]:
        """The layers of a class of the user's that was made as a graph: their calls are counted as those of a model.

        Its config may tell nothing of that, but what its calls are called does.
        """
        own = [layer for layer in config["layers"] if found(names_of(layer), self._own)]
        named = called(config) if own else {}
        return {layer["name"] for layer in own if named.get(layer["name"]) == made_as_graph(layer)}

    def _pruned(
        self, layers: Sequence[Mapping[str, Any]], path: LayerPath, counts: Mapping[str, int], outputs: Any
    ) -> training_layers.Pruned:
        """The calls of a model's layers, without what acts in training alone."""
        first = lambda name: counts.get(name, 0)  # noqa: E731
        ends, passing = (
            frozenset(layer["name"] for layer in layers if layer["class_name"] in classes)
            for classes in (training_layers.ENDS, training_layers.PASSING)
        )
        names = [layer["name"] for layer in layers]
        made = (parse_calls(layer, path / layer["name"], first, loosely=bool(ends)) for layer in layers)
        found = training_layers.pruned(dict(zip(names, made)), outputs, ends, passing)
        for layer in (layer for layer in layers if layer["name"] in found.dropped):
            text = training_layers.END if layer["name"] in ends else training_layers.FEEDER
            self._findings.change(path / layer["name"], layer["class_name"], "training-only", text)
        return found

    def _sequential(self, config: Mapping[str, Any], path: LayerPath, name: str) -> Graph:
        names = self._findings.new_names([entry["config"]["name"] for entry in config["layers"]], path)
        placed: list[Placed] = []
        last: TensorRef | None = None
        for entry in config["layers"]:
            own = path / entry["config"]["name"]
            is_input = entry["class_name"] == "InputLayer"
            calls = () if is_input else (self._call(Call(last, {}), entry, own),)
            item = self._called_item(entry, own, names[entry["config"]["name"]], [Call(last, {})] if calls else [])
            placed.append(Placed(entry["config"]["name"], own, item, calls))
            last = TensorRef(placed[-1].name, 0, 0)
        first = TensorRef(placed[0].name, 0, 0) if placed and not placed[0].calls else None
        return Graph(name, path, tuple(placed), first, last, sequential=True, trainable=config.get("trainable", True))

    def _placed(self, entry: Mapping[str, Any], path: LayerPath, calls: Sequence[Call], new_name: str) -> Placed:
        if entry["class_name"] in OPERATORS:
            return self._operator(entry, path, calls)
        made = tuple(self._call(call, entry, path) for call in calls)
        return Placed(entry["name"], path, self._called_item(entry, path, new_name, calls), made)

    def _operator(self, entry: Mapping[str, Any], path: LayerPath, calls: Sequence[Call]) -> Placed:
        """A TensorFlow function called on symbolic tensors; it must be in the table, with all of its arguments."""
        if path in self._replaced:
            named = operator_layers.as_they_are(entry, calls)
            given = self._replaced[path]
            self._findings.replaced(path, entry["class_name"], given)
            spec = Spec("operators", entry["class_name"], {"replacement": given}, path, entry["name"])
            return Placed(entry["name"], path, spec, named)
        function, named, problems = operator_layers.read(entry, calls)
        for text in problems:
            way = way_out_of(function, path)
            self._findings.problem(path, entry["class_name"], text, "function", function, way)
        text = f"tf.{function} is rewritten with keras.ops"
        self._findings.change(path, entry["class_name"], "structural", text)
        if operators.draws(function):
            self._findings.change(path, entry["class_name"], "semantic", DRAWN)
        return Placed(entry["name"], path, Spec("operators", function, {}, path, entry["name"]), named)

    def _call(self, call: Call, entry: Mapping[str, Any], path: LayerPath) -> Call:
        """A call without its `training`, which Keras 3 overrules whenever it runs the model as a whole."""
        kwargs = dict(call.kwargs)
        training = kwargs.pop("training", None)
        if training and not acts_in_training(entry):
            text = "training=True in the call left out: this layer does the same in training"
            self._findings.change(path, str(entry["class_name"]), "structural", text)
        elif training is not None and not training:
            text = "training=False in the call has no effect in Keras 3; freeze the layer before you train the model"
            self._findings.change(path, str(entry["class_name"]), "training-only", text)
        return Call(_without_constants(call.inputs, entry), kwargs)

    def _called_item(
        self, entry: Mapping[str, Any], path: LayerPath, new_name: str, calls: Sequence[Call]
    ) -> Spec | Graph:
        """A layer or model; one that acts in training, and is called so, does it whenever the model runs."""
        given = {self._in_training if (own := call.kwargs.get("training")) is None else bool(own) for call in calls}
        acts = True in given and acts_in_training(entry)
        around, self._in_training = self._in_training, acts
        item = self._item(entry, path, new_name)
        self._in_training = around
        if not acts or (isinstance(item, Graph) and given == {True}):
            return item
        rule = in_calls(entry) if given == {True} else None
        if rule is None or not isinstance(item, Spec):
            text = "training=True in the call: Keras 3 ignores it at inference"
            self._findings.problem(path, str(entry["class_name"]), text, "training", True, NOT_TRAINING)
            return item
        config = {**item.config, "in_calls": entry["class_name"]}
        return replace(item, config=config, composed=rule, decompositions=(), call_decomposition="keep_mask")

    def _item(self, entry: Mapping[str, Any], path: LayerPath, new_name: str) -> Spec | Graph:
        given = frozenset(self._kinds.get(path, ()))
        self._check_kinds(entry, given, path)
        if is_model(entry):
            return self.model(entry, path, new_name)
        return replace(self._objects.object(entry, "layers", path), name=new_name, given=given)

    def _check_kinds(self, entry: Mapping[str, Any], given: frozenset[str], path: LayerPath) -> None:
        """A layer in Keras 3 that raises at sparse or ragged tensors, or computes something else, gets none."""
        name = str(entry["class_name"])
        rule = table().get(("layers", name))
        for kind in sorted(given - rule.takes if rule else given):
            what = "a model whose input is of another kind" if is_model(entry) else f"Keras 3's {name}"
            self._findings.problem(path, name, f"{what} cannot be given a {kind} tensor", kind, True)


def _without_constants(inputs: Any, entry: Mapping[str, Any]) -> Any:
    """What a recurrent layer is called on: Keras 2 writes constants behind the sequence and its states."""
    count = (entry.get("config") or {}).get("num_constants")
    if not count or not isinstance(inputs, list):
        return inputs
    read = inputs[:-count]
    return read[0] if len(read) == 1 else read
