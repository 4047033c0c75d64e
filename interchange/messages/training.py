"""How a model goes on training: what became of its compiled state, and the comparison of its next steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Optional

from interchange.messages.limits import FEW, MANY, Length, Name, OneOf, Text
from interchange.messages.message import Message

OptimizerState = Annotated[str, OneOf(("kept", "rebuilt", "dropped", "none"))]


@dataclass(frozen=True)
class TrainingComparison(Message):
    """One number or tensor of the training: the largest difference, what was allowed there, and the verdict.

    `max_abs` and `tolerance` are absolute; `max_abs` is None where the values cannot be compared at all, of which
    `reason` tells. `name` is that of a loss or metric, or the path of a variable, after it that of its slot. `noise` is
    how far rounding alone moves it (absolute), None where that makes NaN of it; it `proves` something where that is
    little.
    """

    kind: Annotated[str, OneOf(("loss", "metric", "penalty", "gradient", "weight", "slot", "trainable"))]
    name: Name
    max_abs: Optional[float]
    tolerance: float
    equal: bool
    reason: Optional[Text] = None
    noise: Optional[float] = 0.0
    proves: bool = True


@dataclass(frozen=True)
class TrainingVerification(Message):
    """The comparison of a few steps of training, with batches of so many `samples`.

    `why` says why nothing was compared, None if something was. `by_design` are the reasons for which Keras 3 trains
    otherwise, as the lines in `changes` have them.
    """

    steps: int
    samples: int
    rows: Annotated[tuple[TrainingComparison, ...], Length(MANY)]
    by_design: Annotated[tuple[Text, ...], Length(FEW)] = ()
    why: Optional[Text] = None

    @property
    def different(self) -> TrainingComparison | None:
        """The first row that differs."""
        return next((row for row in self.rows if not row.equal), None)

    @property
    def is_equal(self) -> bool:
        """Whether something was compared, and nothing differs."""
        return bool(self.rows) and self.why is None and all(row.equal for row in self.rows)


@dataclass(frozen=True)
class Training(Message):
    """What became of the compiled state of a model.

    `optimizer` is `kept` with its state, `rebuilt` with its hyperparameters alone, or `dropped`: the model is not
    compiled. `reason` says why it is not kept. `metrics_names` are the names of metrics that changed, old to new, and
    `steps` how many steps the optimizer has made.
    """

    optimizer: OptimizerState
    reason: Optional[Text] = None
    metrics_names: Annotated[Mapping[Name, Name], Length(FEW)] = field(default_factory=dict)
    steps: Optional[int] = None
