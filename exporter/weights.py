"""Restore the weights of a Keras 2.15 model from an HDF5 group as `save` and `save_weights` write it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from exporter import stored
from exporter.build import first_line
from interchange.errors import Exit, Failure, Problem

_HINT = "save architecture and weights of one and the same model again with model.save()"
_NOT_WEIGHTS = (AssertionError, IndexError, KeyError, OSError, ValueError)  # what Keras and h5py raise at other arrays
_SHOWN = 3  # of the weights of one layer


def restore(group: Any, model: Any) -> None:
    """Give `model` the weights of `group`, None where the file has no place for any.

    Layers and the weights of each are taken in their order, as Keras does; but where file and model have the same
    names in another order, by their names.

    Raises `Failure(WEIGHTS)` with every layer of which a weight is missing, surplus or of another shape.
    """
    import keras

    if group is None:
        if model.weights:
            raise Failure(Exit.WEIGHTS, "the file holds an architecture but no weights", _HINT)
        return
    found, problems = pairs(group, model)
    fitting = [pair for layer, name in found for pair in _fitting(layer, group, name, problems)]
    problems += [Problem(name, "weights", "is stored and belongs to no layer") for name in stored.unlisted(group)]
    if problems:
        text = f"the weights do not fit the architecture; the first: {problems[0]}"
        raise Failure(Exit.WEIGHTS, text, _HINT, tuple(problems))
    keras.backend.batch_set_value(fitting)
    for layer in model._flatten_layers():
        layer.finalize_state()


def pairs(group: Any, model: Any) -> tuple[list[tuple[Any, str]], list[Problem]]:
    """Layers with what they are called in the file, by their order or by their names, and those without the other."""
    layers = [layer for layer in model.layers if layer.weights]
    names, own = stored.layers(group), [layer.name for layer in layers]
    if len(names) == len(own) and sorted(names) != sorted(own):
        found = list(zip(layers, names))
    else:
        found = [(layer, layer.name) for layer in layers if layer.name in names]
    if stored.TOP in group:
        found.append((stored.Top(model), stored.TOP))
    met = {name for _, name in found}
    paired = {id(layer) for layer, _ in found}
    missing = [_row(layer, "the file stores no weights of it") for layer in layers if id(layer) not in paired]
    surplus = [
        Problem(name, "weights", "no layer of the architecture has this name") for name in names if name not in met
    ]
    return found, [*missing, *surplus]


def _fitting(layer: Any, group: Any, name: str, problems: list[Problem]) -> Iterator[tuple[Any, Any]]:
    """Variables of a layer with their values; what does not fit is added to `problems`."""
    wanted = [*layer.trainable_weights, *layer.non_trainable_weights]
    try:
        found = stored.values(layer, wanted, group, name)
    except _NOT_WEIGHTS as error:
        problems.append(_row(layer, f"what is stored cannot be its weights: {first_line(error)}"))
        return
    wrong = _differences(wanted, found)
    if wrong:
        problems.append(_row(layer, wrong if name == layer.name else f"{wrong}; in the file it is called {name}"))
    yield from zip(wanted, found)


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
