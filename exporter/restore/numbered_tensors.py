"""Weights of Keras before 1.0: every layer of a model under its number, `layer_0/param_0`, also those without any."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from exporter.describe import description
from exporter.restore.tensor_rows import Row
from interchange.errors import Exit, Failure, Problem, refused

_COUNT = "nb_layers"
_HINT = "let the function build the layers that were saved, in their order, with the weights that they had"


class Numbered:
    """The weights of such a file, which Keras itself gave back by the order of the layers."""

    def __init__(self, file: Any) -> None:
        self._file = file
        layers = [file[f"layer_{number}"] for number in range(int(file.attrs[_COUNT])) if f"layer_{number}" in file]
        self._groups = [group for group in layers if len(group)]
        self.rows = [row for group in self._groups for row in _rows(group)]
        if any(len(file[row.place].shape) > 2 for row in self.rows):
            text = "these weights were trained with Theano, which stores the kernels of convolutions rotated"
            raise refused([Problem("", "Theano", text)], text)

    @staticmethod
    def is_in(file: Any) -> bool:
        """Whether a file holds such weights."""
        return _COUNT in file.attrs

    def read(self, row: Row) -> np.ndarray:
        """The tensor of a row."""
        return np.asarray(self._file[row.place])

    def load(self, model: Any) -> None:
        """Give the layers of a model that have weights those of the file, in the order of both.

        Raises `Failure(WEIGHTS)`.
        """
        layers = [layer for layer in model.layers if layer.weights]
        wanted = [[tuple(weight.shape) for weight in layer.weights] for layer in layers]
        rows = [_rows(group) for group in self._groups]
        if wanted != [[self._file[row.place].shape for row in group] for group in rows]:
            text = "the weights do not fit the architecture: its layers have other weights than those that are stored"
            raise Failure(Exit.WEIGHTS, text, _HINT)
        places = {id(variable): (*path, name) for path, name, variable in description.variables(model)}
        found = []
        for layer, group in zip(layers, rows):
            layer.set_weights([self.read(row) for row in group])
            found += [replace(row, loaded=places.get(id(weight))) for row, weight in zip(group, layer.weights)]
        self.rows = found


def _rows(group: Any) -> list[Row]:
    """The weights of a layer by their numbers; what is none of them has its name."""
    names = sorted(group, key=lambda name: (len(name), name))
    layer = group.name.strip("/")
    return [Row(f"{layer}/{name}", "containers", "", f"{layer}/{name.removeprefix('param_')}") for name in names]
