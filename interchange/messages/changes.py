"""The lines of a report on what is not as it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from interchange.messages.limits import Name, OneOf, Text
from interchange.messages.message import Message


@dataclass(frozen=True)
class Change(Message):
    """One thing that is written otherwise in Keras 3.

    `layer` is the path of the layer from the outermost model, empty for the model itself; `rule` names the class or the
    stage that says so; `kind` is `structural` for another form of the same, `semantic` where a value is another one,
    `training-only` where no answer depends on it, and `lossy` for what the result does not have.
    """

    layer: Name
    rule: Name
    kind: Annotated[str, OneOf(("structural", "semantic", "training-only", "lossy"))]
    text: Text
