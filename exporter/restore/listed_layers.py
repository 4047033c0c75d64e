"""HDF5 whose layers are groups of their own names that list their weights: `save` and `save_weights` of Keras 2."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from exporter.restore import hdf5_weights
from exporter.restore.account import HINT, Account, require_none
from exporter.restore.stored_weights import Shape, StoredWeight, variable_paths
from exporter.restore.zero_copy import assign
from interchange.error_text import cause
from interchange.errors import Exit, Failure, Problem
from translation.keras2_to_2_15 import theano_kernels

_NOT_WEIGHTS = (AssertionError, IndexError, KeyError, OSError, ValueError)  # what Keras and h5py raise at other arrays
_SHOWN = 3  # of the weights of one layer
_LAYOUT = "layers"


@dataclass(frozen=True)
class StoredLayer:
    """A layer, its name in the file, the values of its variables in their order, and the names of the arrays read.

    There is one array for each variable, or all arrays together have become all variables. `converted` values have
    another form than the arrays.
    """

    layer: Any
    name: str
    values: Sequence[Any]
    arrays: Sequence[str]
    converted: bool = False

    @property
    def variables(self) -> list[Any]:
        """The variables of the layer in the order in which Keras stores them."""
        return _variables(self.layer)

    def record(self, account: Account) -> None:
        """Record which arrays each variable was made of."""
        one_each = len(self.variables) == len(self.arrays)
        for number, variable in enumerate(self.variables):
            account.reads(variable, [self.arrays[number]] if one_each else self.arrays)
        if self.converted:
            account.converts(self.variables)

    def misfit(self) -> Problem | None:
        """Why the values cannot be those of the layer, if they cannot."""
        text = _differences(self.variables, self.values)
        if text is None:
            return None
        same = self.name == self.layer.name
        return layer_problem(self.layer, text if same else f"{text}; in the file it is called {self.name}")


class ListedLayers:
    """The weights of a group that lists its layers; `group` is None in a file without any.

    `part` is the name of the one stored model that is restored. `theano` says that Theano trained the weights.
    """

    def __init__(self, group: Any, part: str | None = None, *, theano: bool = False) -> None:
        self._group, self._part, self._theano = group, part, theano

    def rows(self, model: Any = None) -> list[StoredWeight]:
        """Every array, those that no layer lists last; of a restored model only the arrays of its layers."""
        if model is None:
            return [*self._listed_rows(), *self._unlisted_rows()]
        others = [] if self._part is None else [row for row in self.rows() if row.group != self._part]
        paths = variable_paths(model)
        return [*others, *(row for layer, name in self._pairs(model)[0] for row in self._loaded(layer, name, paths))]

    def _listed_rows(self) -> Iterator[StoredWeight]:
        for layer in [*hdf5_weights.layers(self._group), *({hdf5_weights.TOP} & set(self._group))]:
            for name in hdf5_weights.weight_names(self._group, layer):
                yield StoredWeight(f"{layer}/{name}", _LAYOUT, layer, name)

    def _unlisted_rows(self) -> Iterator[StoredWeight]:
        for name in sorted(hdf5_weights.arrays(self._group) - hdf5_weights.listed_arrays(self._group)):
            place = name.removeprefix(self._group.name).lstrip("/")
            yield StoredWeight(place, _LAYOUT, "", place)

    def _loaded(self, layer: Any, group: str, paths: Mapping[int, tuple[str, ...]]) -> Iterator[StoredWeight]:
        variables = _variables(layer)
        names = hdf5_weights.ordered_names(variables, self._group, group)
        if len(names) != len(variables):  # those that Keras 1 had for each gate are one now
            names = [variable.name for variable in variables]
        for name, variable in zip(names, variables):
            converted = name not in self._group[group] or not _is_same(self._group[group][name], variable)
            path = paths.get(id(variable))
            yield StoredWeight(f"{group}/{name}", _LAYOUT, group, name, path, variable, converted)

    def read(self, row: StoredWeight) -> np.ndarray:
        """The tensor of a row, from the variable that has it if there is one."""
        if row.variable is not None:
            return np.asarray(row.variable)
        return np.asarray(self._group[row.group][row.name] if row.group else self._group[row.name])

    def mean_shape(self, _: Mapping[str, Any], layer: Mapping[str, Any]) -> Shape | None:
        """See `StoredWeights`."""
        arrays = {} if self._group is None else self._group.get(layer["config"]["name"], {})
        return next((arrays[name].shape for name in arrays if name.partition(":")[0] == "mean"), None)

    def restore(self, model: Any, architecture: Mapping[str, Any], account: Account) -> None:
        """Restore layers and their weights in the order of the file, as Keras does.

        If file and model have the same names in another order, weights are restored by name. See `StoredWeights`.
        """
        if self._group is None:
            if model.weights:
                raise Failure(Exit.WEIGHTS, "the file holds an architecture but no weights", HINT)
            return
        layers, problems = self._layers(model, architecture)
        account.stores(sorted(hdf5_weights.arrays(self._group)))
        for layer in layers:
            layer.record(account)
        problems = [*problems, *filter(None, (layer.misfit() for layer in layers))]
        if problems:
            account.uses(hdf5_weights.listed_arrays(self._group))  # the problems name those that fit nowhere
            require_none([*problems, *account.unused()])
        _assign(model, layers)
        if self._part is not None:
            account.uses(hdf5_weights.listed_arrays(self._group))

    def _layers(self, model: Any, _: Mapping[str, Any]) -> tuple[list[StoredLayer], list[Problem]]:
        """Every layer of a model for which the file has weights, and what does not fit."""
        pairs, problems = self._pairs(model)
        layers = [row for layer, name in pairs for row in self._stored_layer(layer, name, problems)]
        if not self._theano:
            return layers, problems
        ranks = theano_kernels.kernels(model)
        turned = (theano_kernels.in_tensorflow(layer.values, layer.variables, ranks) for layer in layers)
        return [replace(layer, values=values, converted=True) for layer, values in zip(layers, turned)], problems

    def _stored_layer(self, layer: Any, name: str, problems: list[Problem]) -> Iterator[StoredLayer]:
        """A layer with its values; what cannot be its own is added to `problems`."""
        variables = _variables(layer)
        try:
            arrays = [self._group[name][key].name for key in hdf5_weights.ordered_names(variables, self._group, name)]
            values, converted = hdf5_weights.values(layer, variables, self._group, name)
            yield StoredLayer(layer, name, values, arrays, converted)
        except _NOT_WEIGHTS as error:
            problems.append(layer_problem(layer, f"the stored tensors cannot be its weights: {cause(error)}"))

    def _pairs(self, model: Any) -> tuple[list[tuple[Any, str]], list[Problem]]:
        """Layers with their names in the file, by order or by name, and a problem for each without the other."""
        names = hdf5_weights.layers(self._group)
        if self._part is not None:
            _check_part(self._part, names)
            return [(model, self._part)], []
        layers = [layer for layer in model.layers if layer.weights]
        own = [layer.name for layer in layers]
        if len(names) == len(own) and sorted(names) != sorted(own):
            pairs = list(zip(layers, names))
        else:
            pairs = [(layer, layer.name) for layer in layers if layer.name in names]
        if hdf5_weights.TOP in self._group:
            pairs.append((hdf5_weights.TopLevelWeights(model), hdf5_weights.TOP))
        paired, stored = {id(layer) for layer, _ in pairs}, {name for _, name in pairs}
        missing = [
            layer_problem(layer, "the file stores no weights of it") for layer in layers if id(layer) not in paired
        ]
        text = "no layer of the architecture has this name"
        return pairs, [*missing, *(Problem(name, "weights", text) for name in names if name not in stored)]


def layer_problem(layer: Any, text: str) -> Problem:
    """A problem with the weights of a layer."""
    return Problem(layer.name, type(layer).__name__, text)


def _check_part(part: str, names: Sequence[str]) -> None:
    if part not in names:
        present = ", ".join(names)[:2000]
        raise Failure(Exit.USAGE, f"--part: the file has no {part}", f"what is there: {present}")


def _assign(model: Any, layers: Sequence[StoredLayer]) -> None:
    for layer in layers:
        for variable, value in zip(layer.variables, layer.values):
            assign(variable, np.asarray(value, variable.dtype.as_numpy_dtype))
    for layer in model._flatten_layers():
        layer.finalize_state()


def _variables(layer: Any) -> list[Any]:
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def _differences(variables: Sequence[Any], values: Sequence[Any]) -> str | None:
    if len(variables) != len(values):
        return f"it has {len(variables)} weights, and {len(values)} are stored"
    rows = [
        f"{variable.name} has shape {tuple(variable.shape)}, stored is {value.shape}"
        for variable, value in zip(variables, values)
        if not variable.shape.is_compatible_with(value.shape)  # that of a vocabulary may be open
    ]
    more = f"; and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    return "; ".join(rows[:_SHOWN]) + more if rows else None


def _is_same(dataset: Any, variable: Any) -> bool:
    array, value = np.asarray(dataset), np.asarray(variable)
    return array.shape == value.shape and array.dtype == value.dtype and array.tobytes() == value.tobytes()
