"""Export a model as a bundle: architecture, weights, probes, and the outputs of the model for them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Optional

import numpy as np

from exporter import training
from exporter.describe import attributes, description
from exporter.load import LOADERS, LoadRequest, load
from exporter.load.custom_objects import CustomObjects, check_reached
from exporter.load.lambdas import recording
from exporter.probes import batches, probing, sparse_ragged
from exporter.probes.batches import Call
from exporter.probes.probes import Case
from exporter.probes.search import Answered
from exporter.restore.account import Account
from exporter.run import fixed_noise, inference, layer_outputs, rounding
from exporter.run.extreme_probes import Extremes
from exporter.run.fixed_noise import Noise
from exporter.run.saved_graph import SavedGraph, with_serve_hint
from exporter.training import proof
from interchange.bundle import BundleWriter
from interchange.errors import Failure, Problem, refused
from interchange.messages.requests import ProbeOptions
from interchange.messages.results import ExportResult
from interchange.protocol import Say
from interchange.weight_key import WeightKey
from interchange.workers.stopwatch import Stopwatch
from interchange.workers.watched_calls import Place, Sample, Watch
from translation.keras2_to_runnable import Normalised

Facts = Callable[[Mapping[str, Any]], Mapping[str, Any]]


def export(
    source: LoadRequest, folder: Path, about: Mapping[str, Any], options: ProbeOptions, say: Say
) -> ExportResult:
    """Write the bundle of `source` into `folder`.

    `about` is what the bundle says of its source.
    """
    import keras

    name = source.path.name
    stopwatch = Stopwatch()
    inference.forget_models()
    say(f"loading {name} with Keras {keras.__version__}")
    normalised: list[Normalised] = []
    account = Account()
    model = _loaded(source, normalised, account)
    stopwatch.lap("load")
    writer = BundleWriter(folder, {"keras": keras.__version__}, about)
    weights = write_model(model, source.own, writer)
    stopwatch.lap("weights")
    say(f"computing the outputs of {name}")
    graph = source.path if LOADERS[source.format].has_graph else None
    answers = write_answers(model, normalised, writer, options, source.own, graph)
    stopwatch.lap("answers")
    if training.write(model, source, account, normalised, writer):
        proof.write(model, answers.answered, writer, probing.until(options), answers.drawn)
    writer.close()
    stopwatch.lap("training")
    return ExportResult(weights, answers.noise, stopwatch.seconds)


def _loaded(source: LoadRequest, normalised: list[Normalised], account: Account) -> Any:
    """The model; a source that has a graph as well says how to get at that if the model cannot be loaded."""
    try:
        return load(source, normalised.append, account)
    except Failure as failure:
        has_graph = LOADERS[source.format].has_graph
        raise (with_serve_hint(failure, source.path) if has_graph else failure) from failure.__cause__


def write_model(model: Any, own: CustomObjects, writer: BundleWriter, told: Facts = dict) -> int:
    """Write the architecture and the weights of a model; returns how many weights it has.

    The bundle has of each weight what is `told` of its facts.
    """
    sparse_ragged.check_inputs(model)
    writer.write_json("architecture.json", _described(model, own))
    writer.write_json("kinds.json", sparse_ragged.kinds_by_layer(model))
    weights = [(told(facts), variable) for facts, variable in weight_rows(model)]
    check_reached(model, {id(variable) for _, variable in weights}, own)
    writer.write_tensors("weights.npz", ((row, np.asarray(variable.value())) for row, variable in weights))
    return len(weights)


def _described(model: Any, own: CustomObjects) -> Mapping[str, Any]:
    """The architecture, for which custom classes return their configs themselves."""
    try:
        return description.architecture(model)
    except Exception as error:
        if (theirs := own.raised(error)) or not isinstance(error, NotImplementedError):
            raise (theirs or error) from error
        text = f"a class does not return its config: {' '.join(str(error).split())[:300]}"
        raise refused(
            [Problem("", "get_config", text)], text, "give the class a get_config with all its arguments"
        ) from error


def weight_rows(model: Any) -> Iterator[tuple[Mapping[str, Any], Any]]:
    # A variable of a frozen layer still calls itself trainable.
    trained = {id(variable) for variable in model.trainable_weights}
    leading = attributes.paths(model)
    for path, name, variable in description.variables(model):
        facts = {**WeightKey(path, name).to_facts(), "trainable": id(variable) in trained}
        yield {**facts, "attributes": list(leading.get(id(variable), (*path, name)))}, variable


@dataclass(frozen=True)
class Answers:
    """What a model has answered to its probes, how far rounding moves that, and the noise that it has drawn."""

    answered: Answered
    noise: Mapping[str, tuple[float, ...]]
    drawn: Noise


def write_answers(
    model: Any,
    normalised: list[Normalised],
    writer: BundleWriter,
    options: ProbeOptions,
    own: CustomObjects,
    graph: Path | None = None,
) -> Answers:
    """Write what the model answers while its layers draw fixed noise; `graph` is a SavedModel that runs beside it."""
    with fixed_noise.injected(model, own) as drawn, layer_outputs.watched(model) as layers:
        saved = None if graph is None else SavedGraph(graph, drawn)
        answered, noise = write_reference(model, normalised, writer, options, Beside(drawn, saved, layers))
    if drawn.drawn:
        writer.write_tensors("noise.npz", drawn.rows())
    return Answers(answered, noise, drawn)


@dataclass(frozen=True)
class Beside:
    """What is looked at besides the outputs: the random numbers `drawn`, the `graph` of the model's own file, `layers`.

    None of what there is not.
    """

    drawn: Optional[Noise] = None
    graph: Optional[SavedGraph] = None
    layers: Optional[Watch] = None

    def recording(self) -> AbstractContextManager[Mapping[Place, Sample]]:
        """Within, the first call of the model has the outputs of its layers recorded."""
        return contextlib.nullcontext({}) if self.layers is None else self.layers.recording()


def write_reference(
    model: Any,
    normalised: list[Normalised],
    writer: BundleWriter,
    options: ProbeOptions,
    beside: Beside = Beside(),
) -> tuple[Answered, Mapping[str, tuple[float, ...]]]:
    """Write the outputs of the model for its probes, and their origin; returns them, and how far rounding moves them.

    Extreme probes are run if the model is known to have drawn no random numbers.
    """
    with recording() as recorded:
        found = probing.answered(model, options)
    answered, drawn = found.answered, beside.drawn
    with beside.recording() as layers:
        batches.check_deterministic(model, *answered[0])
    names = list(getattr(model, "output_names", None) or [])
    writer.write_tensors("reference.npz", inference.rows(*_flat(answered), names))
    origin = {
        "kind": _origin(normalised),
        "normalised": [_row(item) for item in normalised],
        "recovered": [asdict(item) for item in recorded.values()],
        "left_out": found.left_out,
        "learnt": found.learnt,
        "no_layers": layer_outputs.why_none(model, layers) if beside.layers else None,
    }
    extremes = Extremes()
    if drawn is not None and not drawn.drawn:
        extremes = Extremes.of(model, answered, found.facts, probing.until(options))
    with beside.recording() as moved:
        measured = rounding.noise(model, answered, probing.until(options))
    noise = {case: tuple(distances) for case, distances in measured.items()}
    layer_outputs.write(writer, layers, moved)
    extremes.write(writer, model, names)
    if beside.graph is not None:
        beside.graph.write(writer, model, answered)
    called = [[case.name for case in call] for call, _ in answered]
    writer.write_json("reference.json", {"noise": noise, "calls": called, **origin})
    return answered, noise


def _flat(answered: list[tuple[Call, batches.Answers]]) -> tuple[list[Case], batches.Answers]:
    """All probes, and the outputs for each."""
    return [case for call, _ in answered for case in call], [values for _, answers in answered for values in answers]


# The kinds of references, the least certain first: the kind of a reference is that of its least certain layer.
_TRUTHS = ("given", "recovered", "normalised")


def _origin(normalised: list[Normalised]) -> str:
    """The kind of the reference: of the model as it is, or with normalised, recovered or replaced layers."""
    truths = {item.truth for item in normalised}
    return next((truth for truth in _TRUTHS if truth in truths), "original")


def _row(item: Normalised) -> Mapping[str, str]:
    return {"layer": item.layer, "rule": item.rule, "text": item.text}
