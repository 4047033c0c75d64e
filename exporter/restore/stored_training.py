"""What a file says of the training of its model: how it was compiled, and the tensors of its optimizer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from translation.training.matching import Stored


@dataclass(frozen=True)
class StoredTensor:
    """A tensor of an optimizer: what the file says of it, and how it is read.

    `read` raises KeyError, OSError or ValueError if the file does not hold it whole.
    """

    stored: Stored
    read: Callable[[], np.ndarray]


@dataclass(frozen=True)
class StoredTraining:
    """The `config` of a compiled model as its file has it, and the tensors of its optimizer in their order there.

    `names` are the names by which the tensors tell the weight they belong to, by the name that the weight has in the
    account of the file. `broken` says why the tensors cannot be read, if they cannot.
    """

    config: Mapping[str, Any]
    tensors: Sequence[StoredTensor] = ()
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    broken: str | None = None
