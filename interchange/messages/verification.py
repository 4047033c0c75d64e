"""The comparison of a result with what Keras 2 computed, as it stands in a report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Optional

from interchange.messages.limits import FEW, DType, Length, Name, OneOf, Shape, Text
from interchange.messages.message import OMITTED_IF_NONE, Message
from interchange.messages.training import TrainingVerification

Origin = Annotated[str, OneOf(("original", "normalised", "recovered", "given", "graph", "weights"))]
TensorKind = Annotated[str, OneOf(("dense", "sparse", "ragged"))]


@dataclass(frozen=True)
class OutputComparison(Message):
    """One output over all probes: the largest difference, what was allowed there, and the verdict.

    `shape` is without samples. `max_abs` and `tolerance` are absolute, `max_rel` is relative to the largest value of
    the output; None where the values cannot be compared at all, of which `reason` tells. `kind` is that of the tensor
    as the new model gives it; a sparse output may have become dense.
    """

    name: Name
    shape: Shape
    dtype: DType
    max_abs: Optional[float]
    max_rel: Optional[float]
    tolerance: float
    equal: bool
    reason: Optional[Text] = None
    kind: TensorKind = "dense"
    kind_before: TensorKind = "dense"

    @property
    def is_equal(self) -> bool:
        """Whether the numbers say what the verdict says."""
        gap = self.max_abs
        return self.equal and self.reason is None and gap is not None and gap <= self.tolerance

    @property
    def closeness(self) -> tuple[bool, float]:
        """How close it came to failing, to sort by: the difference in tolerances; what failed comes last."""
        gap = self.max_abs
        in_tolerances = (
            gap / self.tolerance if gap is not None and self.tolerance else float("inf") if gap != 0 else 0.0
        )
        return not self.equal, in_tolerances


@dataclass(frozen=True)
class RecoveredLambda(Message):
    """A Lambda layer, the operations that its body computed, and which Python wrote it.

    `second` is a key of reports of version 1, and None.
    """

    layer: Name
    body: Text
    python: Text
    second: Optional[Annotated[str, OneOf(("numpy",))]]
    text: Text


@dataclass(frozen=True)
class GraphComparison(Message):
    """Whether the graph in a SavedModel answers as the model does that Keras 2.15 builds; None if it was not asked."""

    agrees: Optional[bool]
    text: Text


@dataclass(frozen=True)
class UnprovingProbe(Message):
    """An output of a probe that rounding alone moves by `noise` (absolute), which is too much for its `size`."""

    probe: Name
    output: Name
    noise: float
    size: float


@dataclass(frozen=True)
class ExtremeProbe(Message):
    """What a probe at the ends of its dtype came to; it may differ without a model being refused for it."""

    probe: Name
    equal: bool
    text: Text


@dataclass(frozen=True)
class FirstDifference(Message):
    """The first layer whose output differs from that of Keras 2; `max_abs` is absolute."""

    layer: Name
    class_name: Name = field(metadata={"key": "class"})
    max_abs: Optional[float] = None
    reason: Optional[Text] = None


@dataclass(frozen=True)
class Verification(Message):
    """What was compared with what, and how much that proves.

    `reference` is how the answers of Keras 2 came about: by the model as it was (`original`), with layers rewritten
    (`normalised`), Lambdas interpreted (`recovered`) or replaced (`given`), by the `graph` in the file, or not at all
    (`weights`): then `why` says why. `recovered` are the interpreted Lambdas. `inputs` are the probes by name, with
    `samples` and `numbers` that prove something in all; `strength` is `weak` where the outputs hardly vary.
    `left_out` is why no probe of ours is among them, `learnt` what the inputs had to be like, where no layer tells it;
    `noise` is how far rounding alone moves an output that proves something (absolute). `training` compares the next
    steps of a compiled model.
    """

    reference: Origin
    recovered: Annotated[tuple[RecoveredLambda, ...], Length(FEW)]
    strength: Annotated[str, OneOf(("full", "weak"))]
    inputs: Annotated[tuple[Name, ...], Length(FEW)]
    samples: int
    numbers: int
    left_out: Optional[Text]
    learnt: Optional[Text]
    graph: Optional[GraphComparison]
    noise: float
    proves_nothing: Annotated[tuple[UnprovingProbe, ...], Length(FEW)]
    outputs: Annotated[tuple[OutputComparison, ...], Length(FEW)]
    extremes: Annotated[tuple[ExtremeProbe, ...], Length(FEW)] = ()
    first_difference: Optional[FirstDifference] = None
    why: Optional[Text] = field(default=None, metadata=OMITTED_IF_NONE)
    training: Optional[TrainingVerification] = field(default=None, metadata=OMITTED_IF_NONE)

    @property
    def closest(self) -> OutputComparison | None:
        """The output that came closest to failing, or the one that failed by most."""
        return max(self.outputs, key=lambda row: row.closeness, default=None)

    @property
    def is_proof(self) -> bool:
        """Whether every output was compared and is equal."""
        compared = self.reference != "weights" and self.why is None and bool(self.inputs and self.outputs)
        return compared and self.first_difference is None and all(row.is_equal for row in self.outputs)

    @property
    def is_unproven(self) -> bool:
        """Whether there was nothing to compare with."""
        nothing = self.reference == "weights" and self.why is not None
        return nothing and not (self.inputs or self.outputs or self.first_difference)


def unproven(why: str) -> Verification:
    """The verification where there is nothing to compare with."""
    return Verification(
        reference="weights",
        recovered=(),
        strength="weak",
        inputs=(),
        samples=0,
        numbers=0,
        left_out=None,
        learnt=None,
        graph=None,
        noise=0.0,
        proves_nothing=(),
        outputs=(),
        why=why,
    )
