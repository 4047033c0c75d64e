"""The weights of a result as the report counts them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Optional

from interchange.messages.limits import MANY, Length, Name, OneOf, Shape, Text
from interchange.messages.message import OMITTED_IF_NONE, Message


@dataclass(frozen=True)
class WeightMatch(Message):
    """A tensor of a file (`source`) and the variable of that `shape` that it was given to (`target`), by their names.

    `by` is what tells that they belong together: `map` the user, `keras2` that Keras 2.15 loads it so, else a name, a
    number or the only equal shape. `recast` says how the values were changed, if they were.
    """

    source: Name
    target: Name
    shape: Shape
    by: Annotated[str, OneOf(("map", "keras2", "name", "number", "shape"))]
    sure: Annotated[str, OneOf(("certain", "likely"))]
    recast: Optional[Text]


@dataclass(frozen=True)
class Weights(Message):
    """How many tensors a result has, of how many bytes as they were in the source.

    `identical` are those whose bits are as they were, `rescaled` those whose values a rule has changed. `matches` has
    each of them where names decided, and is left out where the architecture did.
    """

    tensors: int
    bytes: int
    identical: int
    rescaled: int
    matches: Optional[Annotated[tuple[WeightMatch, ...], Length(MANY)]] = field(default=None, metadata=OMITTED_IF_NONE)

    @property
    def adds_up(self) -> bool:
        """Whether no more tensors are identical or rescaled than there are, and each that is matched has a row."""
        most = max(self.identical, self.rescaled)
        return most <= self.tensors and (self.matches is None or len(self.matches) == self.tensors)
