"""HDF5 of Keras before 1.0: every layer of a model under its number, `layer_0/param_0`, also those without weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from exporter.restore.account import Account
from exporter.restore.stored_weights import Shape, StoredWeight, variable_paths
from interchange.errors import Exit, Failure

_COUNT = "nb_layers"
_HINT = "let the function build the layers that were saved, in their order, with the weights that they had"


class NumberedLayers:
    """The weights of such a `file`, which Keras itself restored by the order of the layers."""

    def __init__(self, file: Any) -> None:
        self._file = file
        layers = [file[f"layer_{number}"] for number in range(int(file.attrs[_COUNT])) if f"layer_{number}" in file]
        self._groups = [group for group in layers if len(group)]

    @staticmethod
    def is_in(file: Any) -> bool:
        """Whether a file holds such weights."""
        return _COUNT in file.attrs

    def rows(self, model: Any = None) -> list[StoredWeight]:
        """Every array in the order of layers and parameters."""
        rows = [row for group in self._groups for row in _rows(group)]
        if model is None:
            return rows
        paths, variables = variable_paths(model), [weight for layer in _layers(model) for weight in layer.weights]
        return [replace(row, loaded=paths.get(id(variable))) for row, variable in zip(rows, variables)]

    def read(self, row: StoredWeight) -> np.ndarray:
        """The tensor of a row."""
        return np.asarray(self._file[row.place])

    def mean_shape(self, _: Mapping[str, Any], __: Mapping[str, Any]) -> Shape | None:
        """None: Keras before 1.0 had no Normalization."""
        return None

    def restore(self, model: Any, _: Mapping[str, Any], account: Account) -> None:
        """Restore the layers that have weights in the order of the file. See `StoredWeights`."""
        layers, rows = _layers(model), [_rows(group) for group in self._groups]
        shapes = [[tuple(weight.shape) for weight in layer.weights] for layer in layers]
        if shapes != [[self._file[row.place].shape for row in group] for group in rows]:
            text = "the weights do not fit the architecture: its layers have other weights than those that are stored"
            raise Failure(Exit.WEIGHTS, text, _HINT)
        account.stores(row.place for group in rows for row in group)
        for layer, group in zip(layers, rows):
            layer.set_weights([self.read(row) for row in group])
            for variable, row in zip(layer.weights, group):
                account.reads(variable, [row.place])


def _layers(model: Any) -> list[Any]:
    return [layer for layer in model.layers if layer.weights]


def _rows(group: Any) -> list[StoredWeight]:
    """The arrays of a layer in the order of their numbers; a row is named by its number, or as the file names it."""
    names = sorted(group, key=lambda name: (len(name), name))
    layer = group.name.strip("/")
    return [
        StoredWeight(f"{layer}/{name}", "containers", "", f"{layer}/{name.removeprefix('param_')}") for name in names
    ]
