"""Describe a model that Keras 3 saved, so that Keras 2.15 can build it: by what it was migrated from, or as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from importer.build import custom_objects
from importer.build.custom_objects import CustomObjects
from importer.restore.variables import Place
from importer.rollback import origin, source, structure, training, weights
from importer.rollback.carried import carried
from importer.rollback.origin import Origin, Told
from importer.rollback.source import Archive, Source
from importer.rollback.structure import Difference
from importer.save.save import saved_by
from importer.verify.inference import forget_models
from interchange import json_floats
from interchange.bundle import BundleWriter
from interchange.errors import refused
from interchange.messages.changes import Change
from interchange.messages.requests import DescribeRequest
from interchange.messages.results import DescribeResult
from interchange.protocol import Say
from interchange.provenance import MEMBER
from interchange.weight_key import WeightKey
from interchange.workers.stopwatch import Stopwatch

_LOST = "layers that act in training alone stayed in Keras 2 when it was migrated, so its layers in Keras 3 decide"
_OTHER = "Give the file that it was trained from with --from, or leave that out: then its own layers decide."
_FOREIGN = "Save the model again with Keras 3, which leaves out what was said of the other one."


@dataclass
class Description:
    """What is written of a model."""

    source: Source
    kind: str
    origin: Origin | None = None
    differences: Sequence[Difference] = ()
    changes: list[Change] = field(default_factory=list)


def describe(request: DescribeRequest, say: Say) -> DescribeResult:
    """Write the description bundle of a model. Raises `Failure` for one that cannot go back."""
    import keras

    stopwatch = Stopwatch()
    own = custom_objects.opened(request.customs)
    forget_models()
    told = origin.told(Archive.of(request.source), request.origin)
    say(f"opening {request.source.name} with Keras {keras.__version__}")
    found = opened(request.source, told, own)
    stopwatch.lap("open")
    writer = BundleWriter(request.bundle, {"keras": keras.__version__}, _about(request.source))
    tensors = _write(found, writer, request, own)
    writer.close()
    stopwatch.lap("weights")
    return DescribeResult(tensors, found.kind, tuple(found.changes), stopwatch.seconds)


def opened(path: Path, told: Told, own: CustomObjects) -> Description:
    """A model beside the one that a migration wrote. Raises `Failure(REFUSED)` if that has another structure."""
    changes = list(told.changes)
    if told.provenance is None:
        return Description(source.opened(path, own), told.kind, changes=changes)
    model = source.opened(path, own)  # what rules out a way back is told before anything else
    forget_models()  # the names of the other one as well are what they always are
    migrated = origin.rebuilt(told.provenance, own)
    if migrated is None:
        changes.append(Change("", "provenance", "structural", _LOST))
        return Description(model, "none", changes=changes)
    before, now = (structure.described(each, own) for each in (migrated.rebuilt.model, model.model))
    found = structure.differences(before, now)
    _require_same(found, told)
    return Description(model, told.kind, migrated, found, changes)


def _require_same(found: Sequence[Difference], told: Told) -> None:
    problems = [each.problem for each in found if not each.is_of_training]
    if not problems:
        return
    if told.kind == "own":
        text = f"{MEMBER} in the file belongs to another model; the first difference: {problems[0]}"
        raise refused(problems, text, _FOREIGN)
    of_many = f"the first of {len(problems)} differences" if len(problems) > 1 else "it differs"
    text = f"it is not the model that was migrated; {of_many}: {problems[0]}"
    raise refused(problems, text, _OTHER)


def _write(found: Description, writer: BundleWriter, request: DescribeRequest, own: CustomObjects) -> int:
    """Write all documents and tensors; returns how many weights there are."""
    model, of = found.source.model, found.origin
    if of is None:
        places = weights.own_places(model)
        writer.write_json("keras3.json", json_floats.spelled(dict(found.source.archive.architecture)))
        writer.write_json("kinds.json", {})
        writer.write_tensors("weights.npz", weights.in_keras_3(model, places))
    else:
        places = weights.places(model, of)
        assert of.provenance.architecture is not None
        architecture, changes = carried(of.provenance.architecture, found.differences, of.rebuilt)
        found.changes.extend(changes)
        writer.write_json("architecture.json", architecture)
        writer.write_json("kinds.json", dict(of.provenance.kinds))
        writer.write_tensors("weights.npz", weights.in_keras_2(model, of, places, found.changes))
    _write_training(found, places, writer, request, own)
    return len(places)


def _write_training(
    found: Description,
    places: Mapping[WeightKey, Place],
    writer: BundleWriter,
    request: DescribeRequest,
    own: CustomObjects,
) -> None:
    told = training.described(found.source, found.origin, places, own, without_state=request.no_optimizer)
    found.changes.extend(told.changes)
    if told.document is not None:
        writer.write_json("training.json", told.document)
        if told.document["optimizer"] == "kept":
            writer.write_tensors("optimizer.npz", iter(told.rows))


def _about(path: Path) -> Mapping[str, Any]:
    return {"name": path.name, "format": "keras", "saved_by": {"keras_version": saved_by(path)}}
