"""Restore the weights of a Keras 2.15 model from an HDF5 group as `save` and `save_weights` write it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from exporter.restore import hdf5_weights
from exporter.restore.account import Account, require_none
from exporter.restore.zero_copy import assign
from interchange.error_text import cause
from interchange.errors import Exit, Failure, Problem
from translation.keras2_to_2_15 import theano_kernels

_HINT = "save architecture and weights of one and the same model again with model.save()"
_NOT_WEIGHTS = (AssertionError, IndexError, KeyError, OSError, ValueError)  # what Keras and h5py raise at other arrays
_SHOWN = 3  # of the weights of one layer


@dataclass(frozen=True)
class Given:
    """A layer, what it is called in the file, the values of its weights in their order, and what those are made of.

    Of `sources` there is one for each weight, or all of them have become all of the weights.
    """

    layer: Any
    name: str
    values: Sequence[Any]
    sources: Sequence[str]

    def read(self, account: Account) -> None:
        """Note what every weight was made of."""
        weights = _weights(self.layer)
        alike = len(weights) == len(self.sources)
        for number, weight in enumerate(weights):
            account.reads(weight, [self.sources[number]] if alike else self.sources)


def restore(group: Any, model: Any, account: Account, *, theano: bool = False) -> None:
    """Give `model` the weights of `group`, None where the file has no place for any; `theano` trained them, or not.

    Layers and the weights of each are taken in their order, as Keras does; but where file and model have the same
    names in another order, by their names.

    `account` hears what was read.

    Raises `Failure(WEIGHTS)` with every layer of which a weight is missing, surplus or of another shape.
    """
    if group is None:
        if model.weights:
            raise Failure(Exit.WEIGHTS, "the file holds an architecture but no weights", _HINT)
        return
    found, problems = pairs(group, model)
    given = [row for layer, name in found for row in given_of(layer, group, name, problems)]
    if theano:
        given = [*_turned(model, given)]
    give(group, model, given, problems, account)


def give(group: Any, model: Any, given: Sequence[Given], problems: list[Problem], account: Account) -> None:
    """Set the weights of a model's layers, unless one does not fit or there are `problems` already.

    Raises `Failure(WEIGHTS)` with all of them, and what no layer of the file lists; `account` hears what was read.
    """
    account.stores(sorted(hdf5_weights.arrays(group)))
    for row in given:
        row.read(account)
    problems = [*problems, *filter(None, map(_misfit, given))]
    if problems:
        account.uses(hdf5_weights.claimed(group))  # what of it fits nowhere is told already
        require_none([*problems, *account.unused()])
    for row in given:
        for variable, value in zip(_weights(row.layer), row.values):
            assign(variable, np.asarray(value, variable.dtype.as_numpy_dtype))
    for layer in model._flatten_layers():
        layer.finalize_state()


def pairs(group: Any, model: Any) -> tuple[list[tuple[Any, str]], list[Problem]]:
    """Layers with what they are called in the file, by their order or by their names, and those without the other."""
    layers = [layer for layer in model.layers if layer.weights]
    names, own = hdf5_weights.layers(group), [layer.name for layer in layers]
    if len(names) == len(own) and sorted(names) != sorted(own):
        found = list(zip(layers, names))
    else:
        found = [(layer, layer.name) for layer in layers if layer.name in names]
    if hdf5_weights.TOP in group:
        found.append((hdf5_weights.Top(model), hdf5_weights.TOP))
    met = {name for _, name in found}
    paired = {id(layer) for layer, _ in found}
    missing = [_row(layer, "the file stores no weights of it") for layer in layers if id(layer) not in paired]
    surplus = [
        Problem(name, "weights", "no layer of the architecture has this name") for name in names if name not in met
    ]
    return found, [*missing, *surplus]


def given_of(layer: Any, group: Any, name: str, problems: list[Problem]) -> Iterator[Given]:
    """A layer with its values; what cannot be its own is added to `problems`."""
    try:
        weights = _weights(layer)
        sources = [group[name][key].name for key in hdf5_weights.ordered(weights, group, name)]
        yield Given(layer, name, hdf5_weights.values(layer, weights, group, name), sources)
    except _NOT_WEIGHTS as error:
        problems.append(_row(layer, f"the stored tensors cannot be its weights: {cause(error)}"))


def _turned(model: Any, given: Sequence[Given]) -> Iterator[Given]:
    ranks = theano_kernels.kernels(model)
    for row in given:
        yield replace(row, values=theano_kernels.in_tensorflow(row.values, _weights(row.layer), ranks))


def _weights(layer: Any) -> list[Any]:
    return [*layer.trainable_weights, *layer.non_trainable_weights]


def _misfit(given: Given) -> Problem | None:
    wrong = _differences(_weights(given.layer), given.values)
    if wrong is None:
        return None
    same = given.name == given.layer.name
    return _row(given.layer, wrong if same else f"{wrong}; in the file it is called {given.name}")


def _differences(wanted: Sequence[Any], found: Sequence[Any]) -> str | None:
    if len(wanted) != len(found):
        return f"it has {len(wanted)} weights, and {len(found)} are stored"
    rows = [
        f"{variable.name} has shape {tuple(variable.shape)}, stored is {value.shape}"
        for variable, value in zip(wanted, found)
        if not variable.shape.is_compatible_with(value.shape)  # that of a vocabulary may be open
    ]
    more = f"; and {len(rows) - _SHOWN} more" if len(rows) > _SHOWN else ""
    return "; ".join(rows[:_SHOWN]) + more if rows else None


def _row(layer: Any, text: str) -> Problem:
    return Problem(layer.name, type(layer).__name__, text)
