"""Gather what the page of a report shows while a model goes through the importer, and give it to the answer."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace

from importer.build.custom_objects import CustomObjects
from importer.build.rebuild import Rebuilt
from importer.details import pictures, weights
from importer.details.failures import telling
from importer.details.outputs import Pairs
from importer.restore.restore import places_of
from importer.verify.layer_outputs import LayerOutputs, why_none
from interchange import strictjson
from interchange.bundle import Bundle
from interchange.messages.changes import Change
from interchange.messages.details import MOST_ROWS, Details, Picture, WeightRow

_WEIGHTS = "weights.npz"
_LARGEST = 8 << 20  # bytes of all, which is a quarter of what an answer may have


@dataclass
class Collected:
    """What is known so far of one model: its `changes`, and once it is rebuilt its picture and where its weights are.

    It holds nothing of the model itself, which is to be freed, and gathers nothing unless it is `wanted`.
    """

    bundle: Bundle
    wanted: bool = True
    changes: Sequence[Change] = ()
    layers: LayerOutputs | None = None
    _pairs: Pairs = field(default_factory=Pairs)
    _before: Picture | None = None
    _after: Picture | None = None
    _weights: tuple[WeightRow, ...] = ()

    @property
    def pairs(self) -> Pairs | None:
        """What gathers the outputs."""
        return self._pairs if self.wanted else None

    def rebuilt(self, made: Rebuilt, own: CustomObjects) -> None:
        """The new model has its weights, and is what will be written."""
        if not self.wanted:
            return
        drawn = pictures.placed(made.model, made.names)
        self._before = pictures.of_bundle(self.bundle, self.changes, pictures.partners(drawn))
        self._after = pictures.of_model(drawn, self._before)
        rows = self.bundle.rows(_WEIGHTS)
        self._weights = weights.table(rows, places_of(made, rows, own), drawn)

    def details(self) -> Details | None:
        """All of it; what is too large to be sent is left out."""
        if not self.wanted:
            return None
        before = self._before or pictures.of_bundle(self.bundle, self.changes)
        rows = len(self.bundle.rows(_WEIGHTS)) if _WEIGHTS in self.bundle.manifest.files else 0
        more, layers = max(rows - MOST_ROWS, 0), self.layers.found if self.layers else ()
        why = why_none(self.bundle, layers)
        return sendable(Details(before, self._after, self._pairs.rows, layers, self._weights, more, why))

    def told(self) -> AbstractContextManager[None]:
        """Within, a failure carries what is known by then."""
        return telling(self.details)


def sendable(details: Details) -> Details | None:
    """What an answer has room for."""
    for fewer in (details, replace(details, weights=()), replace(details, before=None, after=None, weights=())):
        if len(strictjson.dump(fewer.to_json())) <= _LARGEST:
            return fewer
    return None
