"""The model that a migration wrote, built again from what its file tells of that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from importer.build.custom_objects import CustomObjects
from importer.build.rebuild import Rebuilt, rebuild
from importer.restore.restore import is_within, places_of
from importer.restore.variables import Place
from importer.rollback.source import Archive
from importer.training.arrival import Plan, planned
from interchange import json_floats
from interchange.errors import Problem, refused
from interchange.manifest import TensorRow
from interchange.messages.changes import Change
from interchange.provenance import (
    MEMBER,
    InvalidProvenanceError,
    NewerProvenanceError,
    Provenance,
    config_digest,
    rows_of,
)
from interchange.weight_key import WeightKey
from translation.keras2_to_3.spec import Graph
from translation.keras2_to_3.translate import translated

_NEWER = "Use the release of keras2to3 that migrated it, or a newer one."
_CHANGED = (
    "Give the file as migrate wrote it, or save the model again with Keras 3: without this member, its layers decide."
)
_NOT_MIGRATED = "Give the .keras that migrate wrote, from which the model was trained further."
_UNREAD = "the file itself tells what it was migrated from, so the file of --from was not read"
_RULE = "provenance"


@dataclass(frozen=True)
class Told:
    """What is known of a model: `kind` is that of `DescribeResult.provenance`; `is_of_file` whether a config fits."""

    kind: str
    provenance: Provenance | None = None
    is_of_file: bool = True
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True)
class Origin:
    """A migrated model: what its file told, the graph it was translated to, the model, and where its weights are.

    `rows` are the weights in Keras 2.15, `slots` what its optimizer kept there.
    """

    provenance: Provenance
    graph: Graph
    plan: Plan
    rebuilt: Rebuilt
    places: Mapping[WeightKey, Place]
    rows: list[TensorRow]
    slots: list[TensorRow]


def told(archive: Archive, origin: Path | None) -> Told:
    """What a file says of its origin, or else the file `origin`. Raises `Failure(REFUSED)` for what is wrong there."""
    if archive.provenance is None and origin is None:
        return Told("none")
    of, kind = archive, "own"
    if archive.provenance is None and origin is not None:
        of, kind = Archive.of(origin), "given"
    found = _read(of, "the file" if kind == "own" else "the file of --from")
    if found.architecture is None:
        text = f"what it was migrated from is not known to its file, so its layers decide: {found.why}"
        return Told("none", changes=(Change("", _RULE, "structural", text),))
    unread = [Change("", _RULE, "structural", _UNREAD)] if kind == "own" and origin is not None else []
    return Told(kind, found, found.config_sha256 == config_digest(of.config), tuple(unread))


def _read(archive: Archive, name: str) -> Provenance:
    """The provenance in an archive, which messages call `name`."""
    if archive.provenance is None:
        text = f"{name} was not written by migrate, or has been saved again since: it has no {MEMBER}"
        raise refused([Problem("", MEMBER, text)], text, _NOT_MIGRATED)
    try:
        return Provenance.from_bytes(archive.provenance)
    except InvalidProvenanceError as error:
        text = f"{MEMBER} in {name} cannot be used: {error}"
        hint = _NEWER if isinstance(error, NewerProvenanceError) else _CHANGED
        raise refused([Problem("", MEMBER, text)], text, hint) from error


def rebuilt(provenance: Provenance, own: CustomObjects) -> Origin | None:
    """The migrated model without its weights; None where the result lacks weights that Keras 2.15 has."""
    architecture = json_floats.read(provenance.architecture)
    graph, _ = translated(architecture, provenance.kinds, {}, own.bases)
    plan = Plan(None)
    if provenance.training is not None and provenance.compiled:
        plan = planned(provenance.training, graph, own)
    model = rebuild(plan.graph or graph, own)
    rows = rows_of(provenance.weights, "weights.npz")
    if any(is_within(row.facts["layer"], model.left_out) for row in rows):
        return None
    places = places_of(model, rows, own)
    return Origin(provenance, graph, plan, model, places, rows, rows_of(provenance.slots, "optimizer.npz"))
