"""How a model of Keras 3 is compiled and how far it is trained, in the words of Keras 2.15."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from importer.build.custom_objects import CustomObjects
from importer.restore import zero_copy
from importer.restore.variables import Place
from importer.rollback.compiled import Compiled, NoCounterpartError, Words, backward
from importer.rollback.origin import Origin
from importer.rollback.source import Source
from importer.rollback.weights import Row, recast
from importer.training import slots
from importer.training.compiling import outputs_in_keras_2
from importer.training.slots import UnfitError
from interchange import json_floats
from interchange.messages.changes import Change
from interchange.weight_key import WeightKey
from translation.keras2_to_3.training_outputs import Outputs, outputs_of

_ASKED = "the state of the optimizer was left out, as asked"
_NEW = "the optimizer has made no step"
_BARE = "the model goes back uncompiled: it was compiled when it was migrated, and is not any more"
_INTEGERS = ("iterations", "dynamic_counter")
Places = Mapping[WeightKey, Place]


@dataclass(frozen=True)
class Training:
    """A `training.json`, None for a model that is not compiled, the tensors beside it, and lines for the report."""

    document: Mapping[str, Any] | None
    rows: Sequence[Row] = ()
    changes: tuple[Change, ...] = ()


def described(
    source: Source, origin: Origin | None, places: Places, own: CustomObjects, *, without_state: bool
) -> Training:
    """How the model is compiled. What of it Keras 2.15 lacks leaves it uncompiled, and refuses no model."""
    if not source.is_compiled:
        lost = origin is not None and origin.provenance.compiled
        return Training(None, (), (Change("", "compile", "training-only", _BARE),) if lost else ())
    if source.uncompiled is not None or not source.model.compiled:
        return _dropped(source.uncompiled or "Keras 3 does not compile it when it opens the file")
    told = origin.provenance.training if origin is not None else None
    before = json_floats.read(told["compile"]) if told and origin and origin.plan.spec else None
    outputs = outputs_in_keras_2(origin.graph) if origin is not None else _outputs(source.model)
    try:
        compiled = backward(Words(source.model, outputs, own), before)
    except NoCounterpartError as error:
        return _dropped(str(error))
    rows, reason = _state(source.model.optimizer, origin, places)
    if without_state:
        reason = _ASKED
    elif reason is None and not slots.steps(source.model.optimizer) and not (told and told["optimizer"] == "kept"):
        reason = told["reason"] if told and compiled.is_as_before else _NEW
    return _document(compiled, reason, rows, told)


def _document(compiled: Compiled, reason: str | None, rows: Sequence[Row], told: Mapping[str, Any] | None) -> Training:
    names = list(told["metrics_names"]) if told is not None and compiled.is_as_before else []
    document = {
        "compile": json_floats.spelled(dict(compiled.config)),
        "optimizer": "kept" if reason is None else "rebuilt",
        "reason": reason,
        "missing": [],
        "metrics_names": names,
    }
    return Training(document, rows if reason is None else (), compiled.changes)


def _dropped(reason: str) -> Training:
    empty: dict[str, Any] = {"compile": None, "missing": [], "metrics_names": []}
    text = f"the model goes back uncompiled, so compile it again to train it: {reason}"
    document = {**empty, "optimizer": "dropped", "reason": reason}
    return Training(document, (), (Change("", "compile", "training-only", text),))


def _outputs(model: Any) -> Outputs:
    """The outputs of a model of Keras 3 by the layers they come from, as far as it knows them."""
    names = [getattr(output, "_keras_history", (None,))[0] for output in model.outputs]
    structure = getattr(model, "_outputs_struct", None)
    keys = tuple(sorted(structure)) if isinstance(structure, Mapping) else None
    return outputs_of([getattr(name, "name", "output") for name in names], keys)


def _state(optimizer: Any, origin: Origin | None, places: Places) -> tuple[list[Row], str | None]:
    """What an optimizer keeps as Keras 2.15 has it, in its order; or why that is not known."""
    known = {_key(row.facts): row for row in origin.slots} if origin is not None else {}
    shapes = {WeightKey.from_facts(row.facts): row.shape for row in origin.rows} if origin is not None else {}
    found: dict[tuple[Any, ...], Row] = {}
    try:
        for facts, place in slots.held(optimizer, places):
            key, value = _key(facts), zero_copy.shown(place.variable)
            owner = WeightKey.from_facts(facts) if "layer" in facts else None
            shape = value.shape if place.recast is None or owner is None else shapes[owner]
            dtype = known[key].dtype if key in known else _dtype(facts, value)
            found[key] = facts, recast(place, value, shape, dtype)
    except UnfitError as error:
        return [], f"the state of the optimizer cannot go back: {error}"
    ordered = [*(key for key in known if key in found), *(key for key in found if key not in known)]
    return [found[key] for key in ordered], None


def _key(facts: Mapping[str, Any]) -> tuple[Any, ...]:
    return (facts["slot"], *(WeightKey.from_facts(facts) if "layer" in facts else ()))


def _dtype(facts: Mapping[str, Any], value: np.ndarray) -> str:
    """What Keras 2.15 counts steps with, where it has counted none yet."""
    return "int64" if facts["slot"] in _INTEGERS else value.dtype.name
