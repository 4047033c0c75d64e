"""One bundle into one verified `.keras`: translate, rebuild, restore, write, read back, verify."""

from __future__ import annotations

import gc
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from importer.build import custom_objects, missing_in_keras3
from importer.build.custom_objects import NO_CUSTOM_OBJECTS, CustomObjects
from importer.build.rebuild import Rebuilt, rebuild
from importer.details.collect import Collected
from importer.restore.restore import restore
from importer.save import provenance
from importer.save.save import read_back, save
from importer.training import arrival, proof
from importer.training.arrival import Compiled, Plan
from importer.training.compiling import NotCompiledError
from importer.training.slots import Places
from importer.verify import extreme_probes, layer_outputs
from importer.verify.diagnose import explained
from importer.verify.fixed_noise import told
from importer.verify.inference import forget_models
from importer.verify.layer_outputs import LayerOutputs
from importer.verify.verify import became_dense, verify
from interchange import json_floats
from interchange.bundle import Bundle
from interchange.errors import Exit, Failure, Problem, failure_of, refused
from interchange.messages.changes import Change
from interchange.messages.requests import ImportRequest
from interchange.messages.results import ImportResult, Needs
from interchange.messages.verification import Verification
from interchange.messages.weights import Weights
from interchange.protocol import Say
from interchange.text import said
from interchange.user_files.custom_objects import bare
from interchange.workers.stopwatch import Stopwatch
from translation.keras2_to_3.spec import Graph
from translation.keras2_to_3.translate import translated
from translation.user_models import of_own_class

_CONFIG = "get_config of each class has to give what its __init__ takes"
_CALLS = (
    "does {} override `call`? A result has the layers that a config lists and no class around them: build the same "
    "with layers in place of the class, by a function, and give that with --architecture FILE.py:FUNCTION"
)
_NEWER = "leave out --keras, so that the newest one imports it, which reads what it writes, or give a later one"
_NEWEST = "please report it: no newer Keras is known here"


def migrate(request: ImportRequest, say: Say, own: CustomObjects = NO_CUSTOM_OBJECTS) -> ImportResult:
    """Write the target from the bundle and verify it; `own` are the user's classes.

    What cannot arrive compiled, or would train otherwise, arrives uncompiled.
    """
    stopwatch = Stopwatch()
    forget_models()
    bundle = Bundle.open(request.bundle)
    page = Collected(bundle, request.details)
    with page.told():
        architecture = json_floats.read(bundle.json("architecture.json"))
        graph, changes = translated(architecture, bundle.json("kinds.json"), request.replaced, own.bases)
        plan = arrival.plan(bundle, graph, own)
        stopwatch.lap("open")
        return _Migration(request, own, bundle, graph, tuple(changes), page, stopwatch, say).compiled_or_not(plan)


@dataclass(frozen=True)
class _Migration:
    """One model on its way from its bundle to its file."""

    request: ImportRequest
    own: CustomObjects
    bundle: Bundle
    graph: Graph
    changes: tuple[Change, ...]
    page: Collected
    stopwatch: Stopwatch
    say: Say

    def compiled_or_not(self, plan: Plan) -> ImportResult:
        """As planned, or else uncompiled."""
        try:
            return self.run(plan)
        except NotCompiledError as error:
            self.request.target.unlink(missing_ok=True)
            self.say(f"once more, uncompiled: {error}")
            reason = error
        forget_models()
        return self.run(plan.uncompiled(reason))

    def run(self, plan: Plan) -> ImportResult:
        """Rebuild it, write it, read it back and compare. Raises `NotCompiledError` if it cannot be as planned."""
        self.say("rebuilding it with Keras 3")
        rebuilt, weights = _restored(plan.graph or self.graph, self.bundle, self.own)
        self.stopwatch.lap("rebuild")
        compiled = arrival.compiled(plan, rebuilt, self.bundle, self.own)
        needs = self._saved(rebuilt.model, compiled)
        self.stopwatch.lap("save")
        changes, left_out = [*_normalised(self.bundle), *self.changes, *rebuilt.changes], rebuilt.left_out
        self.page.changes = changes
        self.page.rebuilt(rebuilt, self.own)
        layers = LayerOutputs(self.bundle, layer_outputs.places(rebuilt), self.request.tolerances)
        del rebuilt  # two models would lie in memory while the file is read
        gc.collect()
        self.say("reading it back and comparing")
        self.page.layers = layers
        verification, seen = self._compared(compiled, needs, left_out, layers)
        training = compiled.training if compiled else plan.training
        changes = [*proof.unmeasured([*changes, *arrival.told(compiled, plan)], seen), *seen]
        times, page = self.stopwatch.seconds, self.page.details()
        return ImportResult(tuple(changes), verification, weights, page, needs, times, training)

    def _saved(self, model: Any, compiled: Compiled | None) -> Needs | None:
        """Write it; returns what it needs. Raises `NotCompiledError` if it may be for what it is compiled with."""
        own, target, is_compiled = self.own, self.request.target, compiled is not None
        sealed = provenance.of_bundle(self.bundle, self.request.replaced, own, is_compiled=is_compiled)
        try:
            with own.scope():
                save(model, target, is_fresh=_is_fresh(compiled), sealed=sealed)
        except Exception as error:
            if is_compiled and failure_of(error).code is Exit.INTERNAL:
                raise NotCompiledError(
                    f"Keras 3 cannot save it: {own.raised('', 'get_config', error) or said(error)}"
                ) from error
            raise own.raised("", "get_config", error) or error from error
        return custom_objects.needs(target, own)

    def _compared(
        self,
        compiled: Compiled | None,
        needs: Needs | None,
        left_out: frozenset[tuple[str, ...]],
        layers: LayerOutputs,
    ) -> tuple[Verification, list[Change]]:
        """The comparison of the written file, and lines about it; a file that differs is removed."""
        target, bundle = self.request.target, self.bundle
        try:
            model = _read_back(target, needs, self.own, compiled is not None)
            self.stopwatch.lap("read")
            places = None if compiled is None else arrival.places_read(model, compiled, bundle)
            with layers.watched(model):
                verification = verify(model, bundle, self.request.tolerances, left_out, self.page.pairs)
            extremes = extreme_probes.judged(model, bundle)
        except Failure as failure:
            target.unlink()
            if failure.code is not Exit.DIFFERS:
                raise _of_the_user(failure, self.own) from failure.__cause__
            raise _explained(failure, self.graph, bundle, needs) from None
        changes = [*told(model, bundle, left_out), *became_dense(verification), *extreme_probes.changes(extremes)]
        verification = replace(verification, extremes=tuple(extremes))
        self.stopwatch.lap("verify")
        return (verification, changes) if places is None else self._trained(model, places, verification, changes)

    def _trained(
        self, model: Any, places: Places, verification: Verification, changes: list[Change]
    ) -> tuple[Verification, list[Change]]:
        """The comparison with that of the next steps. Raises `NotCompiledError` if they differ."""
        training = proof.compared(model, places, self.bundle)
        self.stopwatch.lap("training")
        arrival.require_equal(training)
        return replace(verification, training=training), [*changes, *proof.told(self.bundle)]


def _is_fresh(compiled: Compiled | None) -> bool:
    return compiled is not None and (compiled.training.optimizer == "rebuilt" or not compiled.training.steps)


def _restored(graph: Graph, bundle: Bundle, own: CustomObjects) -> tuple[Rebuilt, Weights]:
    """The rebuilt model with its weights, and what the report says of them."""
    rebuilt = rebuild(graph, own)
    return rebuilt, restore(rebuilt, bundle, own, rebuilt.changes.append)


def _explained(failure: Failure, graph: Graph, bundle: Bundle, needs: Needs | None) -> Failure:
    """A difference; where the user's classes may be the cause there is no other Keras 2 to be asked."""
    own = [bare(each.class_name) for each in of_own_class(bundle.json("architecture.json"))]
    if own:
        return replace(failure, hint=_CALLS.format(", ".join(own)))
    if needs is None:
        return explained(failure, _restored(graph, bundle, NO_CUSTOM_OBJECTS)[0], bundle)
    hint = f"check {', '.join(needs.objects)}: do they compute the same in Keras 3 as in Keras 2?"
    return Failure(failure.code, failure.message, hint, failure.problems, failure.detail)


def _of_the_user(failure: Failure, own: CustomObjects) -> Failure:
    """What the user's classes have raised when the model was run is told with their file and line."""
    cause = failure.__cause__
    return (own.raised("", "call", cause) if isinstance(cause, Exception) else None) or failure


def _read_back(target: Path, needs: Needs | None, own: CustomObjects, is_compiled: bool) -> Any:
    """The written file as its user opens it. Raises `NotCompiledError` if that may be because it is compiled."""
    try:
        return _opened(target, is_compiled) if needs is None else _opened_with_own(target, needs, own, is_compiled)
    except Failure as failure:
        if is_compiled:
            raise NotCompiledError(str(failure)) from failure
        raise


def _opened_with_own(target: Path, needs: Needs, own: CustomObjects, is_compiled: bool) -> Any:
    """With the user's classes: what is registered is known, the rest is given."""
    try:
        return read_back(target, {name: own.objects[name] for name in needs.unregistered}, is_compiled)
    except Exception as error:  # what the classes make of their own configs is the user's
        assert own.file is not None
        text = f"the written model cannot be opened again: {said(error)}"
        raise own.raised("", "from_config", error) or own.file.refusal("", "from_config", text, _CONFIG) from error


def _opened(target: Path, is_compiled: bool) -> Any:
    """As a stranger would; some older Keras 3 cannot read all that they write."""
    import keras

    try:
        return read_back(target, None, is_compiled)
    except Exception as error:
        machine = failure_of(error)
        if machine.code is not Exit.INTERNAL:
            raise
        text = f"Keras {keras.__version__} cannot open what it has written itself: {said(error)}"
        hint = _NEWEST if missing_in_keras3.is_newest() else _NEWER
        raise refused([Problem("", "Model", text)], text, hint) from error


def _normalised(bundle: Bundle) -> list[Change]:
    """What the exporter had to say in another way before Keras 2.15 could run it."""
    rows = bundle.json("reference.json")["normalised"]
    return [Change(row["layer"], row["rule"], "structural", row["text"]) for row in rows]
