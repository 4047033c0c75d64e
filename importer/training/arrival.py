"""What becomes of the compiled state of a model: decided from the bundle, and told in the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from importer.build.custom_objects import CustomObjects
from importer.build.rebuild import Rebuilt
from importer.restore.restore import places_of
from importer.training import slots
from importer.training.compiling import NotCompiledError, compile_model, names_that_change, outputs_in_keras_2
from importer.training.read_back import Position, places_in, positions
from importer.training.slots import Places, UnfitError
from interchange import json_floats
from interchange.bundle import Bundle
from interchange.messages.changes import Change
from interchange.messages.training import Training, TrainingVerification
from interchange.text import said
from interchange.weight_key import WeightKey
from translation.keras2_to_3.embedding_gradients import with_whole_gradients
from translation.keras2_to_3.spec import Graph
from translation.keras2_to_3.training import (
    TrainingSpec,
    Untranslatable,
    of_a_beginning,
    of_masks,
    translated_training,
)
from translation.keras2_to_3.training_outputs import Outputs

_FILE, _WEIGHTS = "training.json", "weights.npz"
# What rules raise at a value of a type that Keras never writes.
_MALFORMED = (AttributeError, LookupError, TypeError, ValueError)


@dataclass(frozen=True)
class Plan:
    """How a model is to arrive: compiled as `spec` says, or not, where that is None.

    `training` is None for a model that was never compiled, and otherwise what is known so far. `outputs` are those of
    the model in Keras 2, `names` are those of its metrics, and `changes` lines of the report. `graph` is built instead
    of the model's own, if there is one.
    """

    training: Training | None
    spec: TrainingSpec | None = None
    outputs: Outputs | None = None
    names: Sequence[str] = ()
    changes: tuple[Change, ...] = ()
    graph: Graph | None = None

    def uncompiled(self, why: object) -> Plan:
        """The same, but the model arrives without it all."""
        return Plan(Training("dropped", str(why)))


@dataclass(frozen=True)
class Compiled:
    """A model that was compiled: what became of its state, lines for the report, and where its weights are."""

    training: Training
    changes: tuple[Change, ...]
    positions: Mapping[WeightKey, Position]


def plan(bundle: Bundle, graph: Graph, own: CustomObjects) -> Plan:
    """What the bundle says of the compiled state, translated."""
    return planned(bundle.json(_FILE), graph, own) if _FILE in bundle.manifest.files else Plan(None)


def planned(document: Mapping[str, Any], graph: Graph, own: CustomObjects) -> Plan:
    """What a `training.json` says of the compiled state, translated."""
    facts = json_floats.read(document)
    training = Training(facts["optimizer"], facts["reason"])
    if facts["compile"] is None or training.optimizer == "dropped":
        return Plan(replace(training, optimizer="dropped"))
    outputs = outputs_in_keras_2(graph)
    try:
        spec, changes = translated_training(facts["compile"], own.bases, outputs)
    except Untranslatable as error:
        return Plan(Training("dropped", str(error)))
    except _MALFORMED as error:
        return Plan(Training("dropped", f"the rules cannot read how it was compiled: {said(error)}"))
    graph, more = with_whole_gradients(graph, facts["compile"]["optimizer"])
    return Plan(training, spec, outputs, tuple(facts["metrics_names"]), (*changes, *more), graph)


def compiled(plan: Plan, rebuilt: Rebuilt, bundle: Bundle, own: CustomObjects) -> Compiled | None:
    """Compile the rebuilt model and restore the state of its optimizer; None where it is not to be compiled.

    Raises `NotCompiledError` where Keras 3 cannot.
    """
    if plan.spec is None or plan.outputs is None or plan.training is None:
        return None
    model, training = rebuilt.model, plan.training
    compile_model(model, plan.spec, own)
    places = places_of(rebuilt, bundle.rows(_WEIGHTS), own)
    if training.optimizer == "kept":
        try:
            slots.fill(model.optimizer, places, bundle)
        except UnfitError as error:
            training = Training("rebuilt", f"the state in the file does not fit: {error}")
    renamed = names_that_change(model, plan.spec, plan.outputs, plan.names, own)
    known = {mine: theirs for mine, theirs in renamed.items() if theirs is not None}
    training = replace(training, metrics_names=known, steps=slots.steps(model.optimizer))
    changes = (
        *plan.changes,
        *_lines(training),
        *of_masks(plan.spec, plan.outputs, [_has_mask(output) for output in model.outputs]),
        *(of_a_beginning(plan.spec.optimizer) if not training.steps else ()),
        *_of_names(renamed),
        *_of_sample_weights(plan.outputs),
    )
    return Compiled(training, changes, positions(model, places))


def _has_mask(output: Any) -> bool:
    return getattr(output, "_keras_mask", None) is not None


def places_read(model: Any, compiled: Compiled, bundle: Bundle) -> Places:
    """The weights in the model that was read back. Raises `NotCompiledError` if that is not what was written."""
    if not model.compiled or model.optimizer is None or not model.optimizer.built:
        raise NotCompiledError("Keras 3 does not compile it when it opens the file")
    places = places_in(model, compiled.positions)
    if compiled.training.optimizer == "kept":
        differing = slots.differing(model.optimizer, places, bundle)
        if differing is not None:
            raise NotCompiledError(f"Keras 3 reads {differing} back with other values")
    return places


def require_equal(training: TrainingVerification) -> None:
    """Raises `NotCompiledError` where the next steps were compared, and differ."""
    wrong = training.different
    if wrong is not None:
        raise NotCompiledError(f"trained further, it would differ: {wrong.kind} {wrong.name}: {wrong.reason}")


def told(compiled: Compiled | None, plan: Plan) -> tuple[Change, ...]:
    """Lines of the report: how a model trains otherwise, or why it arrives uncompiled."""
    if compiled is not None or plan.training is None:
        return compiled.changes if compiled else ()
    why = f": {plan.training.reason}" if plan.training.reason else ""
    text = f"the model arrives uncompiled, so compile it again to train it{why}"
    return (Change("", "compile", "training-only", text),)


def _lines(training: Training) -> list[Change]:
    if training.optimizer != "rebuilt":
        return []
    text = f"the optimizer begins anew, with its settings and without its state: {training.reason}"
    return [Change("", "optimizer", "training-only", text)]


def _of_sample_weights(outputs: Outputs) -> list[Change]:
    """Keras 3 looks for the sample weights of a list of outputs in a list, whatever names truths are given by."""
    if len(outputs.before) == 1 or outputs.keys is not None:
        return []
    text = f"sample weights are given in a list, in the order {', '.join(outputs.before)}: Keras 3 takes none by name"
    return [Change("", "sample_weight", "training-only", text)]


def _of_names(renamed: Mapping[str, str | None]) -> list[Change]:
    """What `evaluate` calls otherwise, in one line."""
    if not renamed:
        return []
    told = ", ".join(f"{old} is {new}" if new else f"{old} is not told" for old, new in renamed.items())
    return [Change("", "metrics", "training-only", f"names of losses and metrics: {told}")]
