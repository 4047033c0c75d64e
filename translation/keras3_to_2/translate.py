"""A config of Keras 3 to specs of Keras 2.15: every class and every key is decided by a rule or refused by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from interchange.errors import Failure, Problem, refused
from interchange.hints import way_out_of_all
from interchange.layer_path import OUTERMOST, LayerPath
from interchange.messages.changes import Change
from translation.keras2_to_3.spec import Call, Graph, Placed, Spec, TensorRef
from translation.keras2_to_3.translate import Translation
from translation.keras2_to_3.translation_log import Findings
from translation.keras3_to_2 import graph as calls
from translation.keras3_to_2 import operations
from translation.keras3_to_2.graph import MODELS, is_model
from translation.keras3_to_2.masks import without_implied
from translation.keras3_to_2.names import Names
from translation.keras3_to_2.objects import Objects, names_in

_NO_GRAPH = "a model of a class of its own, whose config does not list its layers"
_LISTED = "build it as a functional or Sequential model in Keras 3, load the weights into that, and save it"
_WITHOUT = "build the model without it in Keras 3, load the weights into that, and save it"
_AS_LAYER = "write it with layers in Keras 3, and save the model again"

NOTHING_OF_ITS_OWN: Mapping[str, str] = MappingProxyType({})
"""Where the user gives no file of classes and functions."""


def translate(config: Mapping[str, Any], own: Mapping[str, str] = NOTHING_OF_ITS_OWN) -> Translation:
    """Translate the `config.json` of a Keras 3 model; all problems of the model are collected, none is raised.

    `own` are the user's classes and functions for Keras 2.15 by name, each with the Keras class it is derived from.
    """
    findings = Findings()
    if not is_model(config):
        findings.problem(OUTERMOST, str(config.get("class_name")), _NO_GRAPH, unblock=_LISTED)
        return Translation(None, findings.changes, findings.problems)
    name = str(config["config"].get("name") or "model")
    graph = _Translator(findings, own).model(config, OUTERMOST, name)
    return Translation(graph, findings.changes, findings.problems)


def translated(config: Mapping[str, Any], own: Mapping[str, str] = NOTHING_OF_ITS_OWN) -> tuple[Graph, list[Change]]:
    """Like `translate`, but a model with problems is refused (`Failure`, exit code 4)."""
    result = translate(config, own)
    if result.problems or result.graph is None:
        raise refusal_of(result.problems)
    return result.graph, result.changes


def refusal_of(problems: Sequence[Problem]) -> Failure:
    """The failure of a model that has these problems."""
    count = len(problems)
    message = f"{count} thing{'s' * (count > 1)} in this model cannot be taken to Keras 2.15; the first: {problems[0]}"
    return refused(problems, message, way_out_of_all(problems, _WITHOUT))


class _Translator:
    """Walks one config: its models, their layers, and the calls of these."""

    def __init__(self, findings: Findings, own: Mapping[str, str]) -> None:
        self._findings = findings
        self._objects = Objects(findings, self.model, own)

    def model(self, entry: Mapping[str, Any], path: LayerPath, name: str) -> Graph:
        """A nested or outermost model; `path` is empty for the outermost."""
        config = entry["config"]
        if entry["class_name"] != "Sequential":
            config = without_implied(config)
        names = Names(self._findings, names_in(config["layers"]), path)
        if entry["class_name"] == "Sequential":
            return self._sequential(config, path, name, names)
        layers = tuple(self._placed(layer, path, names) for layer in config["layers"])
        counts = calls.functional_calls(config)
        inputs, outputs = (calls.ends(config[key], counts) for key in ("input_layers", "output_layers"))
        return Graph(name, path, layers, inputs, outputs, trainable=bool(config.get("trainable", True)))

    def _sequential(self, config: Mapping[str, Any], path: LayerPath, name: str, names: Names) -> Graph:
        placed: list[Placed] = []
        last: TensorRef | None = None
        for entry in _with_input(config):
            own_name = str(entry["config"]["name"])
            own = path / own_name
            made = () if entry["class_name"] == "InputLayer" else (Call(last, {}),)
            placed.append(Placed(own_name, own, self._item(entry, own, names.new(own_name)), made))
            last = TensorRef(own_name, 0, 0)
        first = TensorRef(placed[0].name, 0, 0) if placed and not placed[0].calls else None
        trainable = bool(config.get("trainable", True))
        return Graph(name, path, tuple(placed), first, last, sequential=True, trainable=trainable)

    def _placed(self, entry: Mapping[str, Any], around: LayerPath, names: Names) -> Placed:
        name = str(entry.get("name") or entry["config"]["name"])
        path = around / name
        if operations.is_operation(entry):
            return self._operation(entry, path, names.new(name))
        try:
            made = calls.calls_of(entry)
        except calls.UnknownCallError as error:
            self._findings.problem(path, str(entry["class_name"]), str(error), unblock=_AS_LAYER)
            made = ()
        return Placed(name, path, self._item(entry, path, names.new(name)), tuple(self._call(each) for each in made))

    def _operation(self, entry: Mapping[str, Any], path: LayerPath, new_name: str) -> Placed:
        """An operation of keras.ops: TensorFlow functions, called on what it is called on."""
        class_name = str(entry["class_name"])
        found = operations.spec_of(entry, path)
        if isinstance(found, Problem):
            self._findings.problems.append(found)
            found = Spec("operators", class_name, {}, path)
        text = "this operation of keras.ops is rewritten with TensorFlow functions"
        self._findings.change(path, class_name, "structural", text)
        spec = replace(found, name=new_name)
        return Placed(str(entry.get("name") or new_name), path, spec, calls.operation_calls(entry))

    def _call(self, call: Call) -> Call:
        """A call without its `training`, which Keras 3 overrules whenever it runs the model as a whole."""
        return Call(call.inputs, {key: value for key, value in call.kwargs.items() if key != "training"})

    def _item(self, entry: Mapping[str, Any], path: LayerPath, name: str) -> Spec | Graph:
        if is_model(entry):
            return self.model(entry, path, name)
        if entry["class_name"] in MODELS:
            self._findings.problem(path, str(entry["class_name"]), _NO_GRAPH, unblock=_LISTED)
            return Spec("layers", str(entry["class_name"]), {}, path, name)
        return replace(self._objects.object(entry, "layers", path), name=name)


def _with_input(config: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The layers of a Sequential; the shape of its input may stand beside them."""
    layers = list(config["layers"])
    shape = config.get("build_input_shape")
    if not shape or (layers and layers[0]["class_name"] == "InputLayer"):
        return layers
    taken = {str(layer["config"]["name"]) for layer in layers}
    name = next(name for name in ("input_layer", *(f"input_layer_{n}" for n in range(1, 99))) if name not in taken)
    first = {"class_name": "InputLayer", "config": {"name": name, "batch_shape": list(shape), "dtype": None}}
    return [{**first, "module": "keras.layers"}, *layers]
