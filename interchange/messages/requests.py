"""What the command asks of a worker. Every path is absolute."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Optional

from interchange.messages.message import Message
from interchange.messages.request import Request
from interchange.messages.results import (
    DescribeResult,
    ExportGraphResult,
    ExportResult,
    ExportWeightsResult,
    ImportResult,
    OpenResult,
    ProveResult,
    VerifiedModel,
    WriteResult,
)
from interchange.user_files.builders import Builder
from interchange.user_files.custom_objects import CustomObjectsFile
from interchange.user_files.replacements import Replacement


@dataclass(frozen=True)
class ProbeOptions(Message):
    """What the user asks of the probes.

    `samples` is an NPZ file with inputs to probe besides ours, or with `only` instead of them; probes may take `budget`
    seconds of computing, None for as many as they need.
    """

    samples: Optional[Path] = None
    budget: Optional[float] = None
    only: bool = False

    @property
    def seconds(self) -> float:
        """The budget, infinite where there is none."""
        return math.inf if self.budget is None else self.budget


@dataclass(frozen=True)
class SourceFacts(Message):
    """What a bundle says of its source: name, SHA-256 and format of the file, and versions that it was saved by."""

    name: str
    sha256: str
    format: str
    saved_by: Mapping[str, Optional[str]]


@dataclass(frozen=True)
class ExportRequest(Request[ExportResult]):
    """Write the bundle of a whole model.

    `trust`: code in the source may run. `replaced` are the user's functions by the paths of the layers they stand for,
    `customs` is the file of the user's classes for Keras 2. `architecture` is the config that the scan has read, where
    the model is built from that, by the Keras of version `written_by` as the user says; `part` is the path of the one
    model that is meant, where the source holds several. `training` is how a SavedModel was compiled, as the scan has
    read it; `unreadable_training` says why nobody may read that in the source. With `no_optimizer` the state of the
    optimizer stays behind.
    """

    op = "export"
    result = ExportResult
    source: Path
    bundle: Path
    about: SourceFacts
    trust: bool = False
    replaced: Mapping[str, Replacement] = field(default_factory=dict)
    customs: Optional[CustomObjectsFile] = None
    architecture: Optional[Mapping[str, Any]] = None
    written_by: Optional[str] = None
    part: Optional[str] = None
    probes: ProbeOptions = ProbeOptions()
    no_optimizer: bool = False
    training: Optional[Mapping[str, Any]] = None
    unreadable_training: Optional[str] = None

    @property
    def author(self) -> str | None:
        """The version of the Keras that wrote the architecture: what the user says, it itself, or its file."""
        said = (self.architecture or {}).get("keras_version")
        return self.written_by or said or self.about.saved_by.get("keras_version")


@dataclass(frozen=True)
class ExportWeightsRequest(Request[ExportWeightsResult]):
    """Write the bundle of weights, with what the model answers that `builder` builds in Keras 2 as well, if it does."""

    op = "export-weights"
    result = ExportWeightsResult
    source: Path
    bundle: Path
    about: SourceFacts
    builder: Builder
    part: Optional[str] = None
    probes: ProbeOptions = ProbeOptions()


@dataclass(frozen=True)
class ExportGraphRequest(Request[ExportGraphResult]):
    """Write the bundle of a SavedModel whose graph alone can be called."""

    op = "export-graph"
    result = ExportGraphResult
    source: Path
    bundle: Path
    about: SourceFacts
    probes: ProbeOptions = ProbeOptions()


@dataclass(frozen=True)
class WriteRequest(Request[WriteResult]):
    """Build the model of the bundle `description` in Keras 2.15, write it to `target`, and export what was written.

    `description` is what the importer has written of a model of Keras 3, `bundle` the bundle that is made of `target`.
    `format` is `h5`, `keras` or `savedmodel`, `customs` the file of the user's classes for Keras 2.
    """

    op = "write"
    result = WriteResult
    description: Path
    target: Path
    bundle: Path
    about: SourceFacts
    format: str = "h5"
    customs: Optional[CustomObjectsFile] = None
    probes: ProbeOptions = ProbeOptions()


@dataclass(frozen=True)
class ToleranceOptions(Message):
    """The tolerances that the user asks for, relative and absolute; None leaves one to the dtype."""

    rtol: Optional[float] = None
    atol: Optional[float] = None


@dataclass(frozen=True)
class ImportRequest(Request[ImportResult]):
    """Rebuild the model of a bundle in Keras 3, write it to `target` and verify it.

    `replaced` are the user's functions by the paths of the layers they stand for, `customs` is the file of the user's
    classes for Keras 3. Without `details` the answer has nothing for the page of a report.
    """

    op = "import"
    result = ImportResult
    bundle: Path
    target: Path
    replaced: Mapping[str, Replacement] = field(default_factory=dict)
    customs: Optional[CustomObjectsFile] = None
    tolerances: ToleranceOptions = ToleranceOptions()
    details: bool = True


@dataclass(frozen=True)
class FillRequest(Request[VerifiedModel]):
    """Fill the model that `builder` builds with the weights of a bundle, write it to `target` and verify it.

    `map` are tensors by the variables that the user means them for; `kind` is `native` for a `.keras`, `weights` for a
    `.weights.h5`; `part` is the name of the one model that is meant, where the file holds several.
    """

    op = "fill"
    result = VerifiedModel
    bundle: Path
    target: Path
    builder: Builder
    map: Mapping[str, str] = field(default_factory=dict)
    kind: str = "native"
    part: Optional[str] = None
    tolerances: ToleranceOptions = ToleranceOptions()


@dataclass(frozen=True)
class OpenRequest(Request[OpenResult]):
    """Open the model at `source`, which Keras 3 saved, and write `target` where something known is wrong with it."""

    op = "open"
    result = OpenResult
    source: Path
    target: Path
    tolerances: ToleranceOptions = ToleranceOptions()


@dataclass(frozen=True)
class ProveRequest(Request[ProveResult]):
    """Open the result at `source` with another Keras 3, and compare it with what its bundle has recorded."""

    op = "prove"
    result = ProveResult
    source: Path
    bundle: Path
    tolerances: ToleranceOptions = ToleranceOptions()


@dataclass(frozen=True)
class ServeRequest(Request[VerifiedModel]):
    """Write a layer beside the SavedModel that lies in the folder `target`, and compare what it answers."""

    op = "serve"
    result = VerifiedModel
    bundle: Path
    target: Path
    tolerances: ToleranceOptions = ToleranceOptions()


@dataclass(frozen=True)
class DescribeRequest(Request[DescribeResult]):
    """Write the description bundle of the model at `source`, which Keras 3 saved.

    `origin` is the `.keras` that was migrated, whose provenance the source has no more. `customs` is the file of the
    user's classes for Keras 3. With `no_optimizer` the state of the optimizer stays behind.
    """

    op = "describe"
    result = DescribeResult
    source: Path
    bundle: Path
    origin: Optional[Path] = None
    customs: Optional[CustomObjectsFile] = None
    no_optimizer: bool = False


@dataclass(frozen=True)
class CompareRequest(Request[VerifiedModel]):
    """Compare the model at `source`, which Keras 3 saved, with what the `bundle` of its way back has recorded.

    `origin` and `customs` are those of the description.
    """

    op = "compare"
    result = VerifiedModel
    source: Path
    bundle: Path
    origin: Optional[Path] = None
    customs: Optional[CustomObjectsFile] = None
    tolerances: ToleranceOptions = ToleranceOptions()
