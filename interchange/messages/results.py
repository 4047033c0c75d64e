"""What a worker answers to a request; `keras2to3.executors.answers` holds it to the limits of the fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Optional

from interchange.messages.changes import Change
from interchange.messages.details import Details
from interchange.messages.limits import FEW, MANY, Length, Name, Noise, OneOf, PythonName, Timing
from interchange.messages.message import OMITTED_IF_NONE, Message
from interchange.messages.training import Training
from interchange.messages.verification import Verification
from interchange.messages.weights import Weights


@dataclass(frozen=True)
class Needs(Message):
    """What of the user's a result is opened with: classes and functions of a module.

    `unregistered` are those of the `objects` that have to be given to `load_model` by their names.
    """

    module: PythonName
    objects: Annotated[tuple[Name, ...], Length(FEW, 1)]
    unregistered: Annotated[tuple[PythonName, ...], Length(FEW)]


@dataclass(frozen=True)
class ExportResult(Message):
    """The bundle of a whole model: `tensors` is how many weights it has."""

    tensors: int
    noise: Noise
    timing: Timing


@dataclass(frozen=True)
class ExportWeightsResult(Message):
    """The bundle of weights: how many there are, and whether it holds answers of Keras 2, or the weights alone."""

    tensors: int
    reference: Annotated[str, OneOf(("original", "weights"))]


@dataclass(frozen=True)
class ExportGraphResult(Message):
    """The bundle of a graph, and the name of the `signature` that was called."""

    signature: Name
    noise: Noise


@dataclass(frozen=True)
class WriteResult(Message):
    """A model that was written for Keras 2.15, what changed in it, and the bundle that was made of the written file.

    `tensors` is how many weights it has, `training` what became of the state of a compiled model, None for any other.
    `needs` is what of the user's file it is opened with.
    """

    changes: Annotated[tuple[Change, ...], Length(MANY)]
    tensors: int
    noise: Noise
    timing: Timing
    training: Optional[Training] = field(default=None, metadata=OMITTED_IF_NONE)
    needs: Optional[Needs] = field(default=None, metadata=OMITTED_IF_NONE)


@dataclass(frozen=True)
class VerifiedModel(Message):
    """What was written, what changed in it, and the comparison with what Keras 2 computed.

    `weights` is None for a graph that goes on as it is. `details` are for the page of its report.
    """

    changes: Annotated[tuple[Change, ...], Length(MANY)]
    verification: Verification
    weights: Optional[Weights]
    details: Optional[Details] = field(default=None, metadata=OMITTED_IF_NONE)


@dataclass(frozen=True)
class ImportResult(VerifiedModel):
    """A whole model that was rebuilt, what it `needs` to be opened, and the time of each stage.

    `training` is what became of the state of a compiled model, None for any other.
    """

    needs: Optional[Needs] = None
    timing: Timing = field(default_factory=dict)
    training: Optional[Training] = field(default=None, metadata=OMITTED_IF_NONE)


def needs_of(model: VerifiedModel) -> Needs | None:
    """What of the user's a result is opened with; only one that was rebuilt as a whole needs anything."""
    return model.needs if isinstance(model, ImportResult) else None


def timing_of(result: Message) -> Mapping[str, float]:
    """Seconds by stage, as far as a result has them."""
    return result.timing if isinstance(result, (ExportResult, WriteResult, ImportResult, DescribeResult)) else {}


@dataclass(frozen=True)
class OpenResult(Message):
    """What was repaired in a model of Keras 3; None where all is well with it."""

    repaired: Optional[VerifiedModel] = None

    def to_json(self) -> dict[str, Any]:
        """The repaired model, or an empty object."""
        return self.repaired.to_json() if self.repaired else {}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> OpenResult:
        """The inverse of `to_json`."""
        return cls(VerifiedModel.from_json(data) if data else None)


@dataclass(frozen=True)
class ProveResult(Message):
    """A result that another Keras 3 opens, and that answers there as its bundle says."""


@dataclass(frozen=True)
class DescribeResult(Message):
    """The description of a model of Keras 3: `tensors` is how many weights it has.

    `provenance` is what the model was migrated from: `own` where its file says it, `given` where another one does, and
    `none` where nothing is known of it. `changes` are differences from what the migration wrote.
    """

    tensors: int
    provenance: Annotated[str, OneOf(("own", "given", "none"))]
    changes: Annotated[tuple[Change, ...], Length(MANY)] = ()
    timing: Timing = field(default_factory=dict)
