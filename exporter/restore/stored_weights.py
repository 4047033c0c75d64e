"""The interface of all containers of weights: HDF5 in the layouts of Keras 1 and 2, and checkpoints of TensorFlow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from exporter.describe import description
from exporter.restore.account import Account
from translation.keras2_to_2_15.archive import SEPARATORS

Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class StoredWeight:
    """A tensor at `place` of its file: `name` within the `group` of its layer, in the `layout` of the file.

    `loaded` is the path and name of the Keras 2.15 variable that was restored from it, and `variable` that variable.
    `converted` says that the variable has another form than the tensor: Keras 1 and CuDNN had other layouts.
    """

    place: str
    layout: str
    group: str
    name: str
    loaded: tuple[str, ...] | None = None
    variable: Any = field(default=None, compare=False)
    converted: bool = False

    def to_json(self) -> dict[str, Any]:
        """The facts of the tensor in a bundle."""
        return {
            "place": self.place,
            "layout": self.layout,
            "group": self.group,
            "name": self.name,
            "loaded": None if self.loaded is None else list(self.loaded),
            "converted": self.converted,
        }


class StoredWeights(Protocol):
    """The weights in a file; each class that has these methods reads one container."""

    def rows(self, model: Any = None) -> Sequence[StoredWeight]:
        """Every tensor of the file; with a `model` that has been restored, also which variable each has become."""

    def read(self, row: StoredWeight) -> np.ndarray:
        """The tensor of a row, in the form in which Keras 2.15 has it if a model was restored."""

    def restore(self, model: Any, architecture: Mapping[str, Any], account: Account) -> None:
        """Assign the variables of `model`, and record in `account` which tensors the file has and which were read.

        `architecture` has the layers in the order of the file; empty if it is not known.
        Raises `Failure(WEIGHTS)` with every weight that is missing, surplus or of another shape.
        """

    def mean_shape(self, architecture: Mapping[str, Any], layer: Mapping[str, Any]) -> Shape | None:
        """The shape of the mean that is stored for a Normalization, the first `layer` of an `architecture`."""


def variable_paths(model: Any) -> Mapping[int, tuple[str, ...]]:
    """The path and name of every variable of a model, by the id of the variable."""
    return {id(variable): (*path, name) for path, name, variable in description.variables(model)}


def natural(place: str) -> list[tuple[str, int]]:
    """A sort key by which `dense_10` comes after `dense_2`."""
    parts = (re.fullmatch(r"(.*?)_?(\d*)", part) for part in SEPARATORS.split(place))
    return [(match[1], int(match[2] or 0)) for match in parts if match]
