"""Restore every variable of the new model from the bundle: matched by path and role, each tensor used once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from importer.build.custom_objects import NO_CUSTOM_OBJECTS, CustomObjects
from importer.build.rebuild import Names, Rebuilt
from importer.restore import zero_copy
from importer.restore.user_layers import LayerWeight, matched
from importer.restore.variables import Path, Place, attribute_paths, children_of, named_variables
from interchange.bundle import Bundle
from interchange.errors import Exit, Failure, Problem
from interchange.hints import SAME_WEIGHTS
from interchange.manifest import TensorRow
from interchange.messages.changes import Change
from interchange.messages.weights import Weights
from interchange.weight_key import WeightKey

_WEIGHTS = "weights.npz"


def unheard(_: Change) -> None:
    """Ignore a change."""


def restore(
    rebuilt: Rebuilt, bundle: Bundle, own: CustomObjects = NO_CUSTOM_OBJECTS, tell: Callable[[Change], None] = unheard
) -> Weights:
    """Assign all tensors, and count them for the report.

    `own` are the user's classes, within which a weight may be called otherwise, which `tell` hears.

    Raises `Failure(WEIGHTS)` listing every tensor without a variable, variable without a tensor, and other shape.
    """
    stored = bundle.rows(_WEIGHTS)
    rows, (places, moved) = _rows(rebuilt, stored), _placed(rebuilt, stored, own)
    for change in moved:
        tell(change)
    _check(rows, places, bundle)
    identical = rescaled = size = 0
    for key, row in rows.items():
        tensor = np.asarray(bundle.lend(row))
        zero_copy.assign(places[key].variable, places[key].value(tensor))
        size += tensor.nbytes
        rescaled += places[key].recast is not None
        identical += same_bits(zero_copy.shown(places[key].variable), tensor)
    return Weights(len(rows), size, identical, rescaled)


def places_of(
    rebuilt: Rebuilt, stored: Iterable[TensorRow], own: CustomObjects = NO_CUSTOM_OBJECTS
) -> Mapping[WeightKey, Place]:
    """Where each of the stored weights is in the new model, once `restore` has found that all of them fit."""
    return _placed(rebuilt, stored, own)[0]


def _rows(rebuilt: Rebuilt, stored: Iterable[TensorRow]) -> dict[WeightKey, TensorRow]:
    """The stored tensors without those of layers that the new model has no more."""
    return {
        WeightKey.from_facts(row.facts): row for row in stored if not is_within(row.facts["layer"], rebuilt.left_out)
    }


def _placed(
    rebuilt: Rebuilt, stored: Iterable[TensorRow], own: CustomObjects
) -> tuple[dict[WeightKey, Place], list[Change]]:
    """The variables of the new model by the keys of the tensors for them, and a line for each new name."""
    places = {WeightKey(path, name): place for path, name, place in named_variables(rebuilt)}
    attributes = dict(attribute_paths(rebuilt.model, (), rebuilt.names))
    return _in_own(_rows(rebuilt, stored), places, _own_layers(rebuilt, own), attributes)


def _own_layers(rebuilt: Rebuilt, own: CustomObjects) -> dict[Path, str]:
    """The outermost custom layers by their old paths, with the names of their classes."""
    return {} if own.file is None else dict(_own_below(rebuilt.model, (), rebuilt.names, own))


def _own_below(layer: Any, path: Path, names: Names, own: CustomObjects) -> Iterator[tuple[Path, str]]:
    if own.holds(layer):
        yield path, type(layer).__name__
        return
    for key, child in children_of(layer, names):
        yield from _own_below(child, (*path, *key), names, own)


def _in_own(
    rows: Mapping[WeightKey, TensorRow],
    places: Mapping[WeightKey, Place],
    layers: Mapping[Path, str],
    attributes: Mapping[int, Path],
) -> tuple[dict[WeightKey, Place], list[Change]]:
    """The places, those in custom layers by the keys of their tensors, and a line for each new name."""
    placed, moved = dict(places), []
    for path, class_name in layers.items():
        size = len(path)
        inside = {key: place for key, place in places.items() if key.path[:size] == path}
        here = {key: tuple(row.facts.get("attributes", ())) for key, row in rows.items() if key.path[:size] == path}
        there = {key: attributes.get(id(place.variable), ()) for key, place in inside.items()}
        old = [LayerWeight.of(key, size, rows[key].shape, own, here) for key, own in here.items()]
        new = [LayerWeight.of(key, size, inside[key].variable.shape, own, there) for key, own in there.items()]
        pairs = matched("/".join(path), class_name, old, new)
        placed = {key: place for key, place in placed.items() if key not in inside}
        placed.update({mine.key: inside[theirs.key] for mine, theirs, _ in pairs})
        text = "the weight {} is {} in the class for Keras 3, {}"
        moved += [
            Change(
                "/".join(path), class_name, "structural", text.format(mine.shown, theirs.shown, mine.evidence(theirs))
            )
            for mine, theirs, sure in pairs
            if not sure
        ]
    return placed, moved


def is_within(path: Sequence[str], places: Collection[Path]) -> bool:
    """Whether a path is one of these paths or below one."""
    return any(tuple(path[:end]) in places for end in range(1, len(path) + 1))


def _check(rows: Mapping[WeightKey, TensorRow], places: Mapping[WeightKey, Place], bundle: Bundle) -> None:
    problems = [
        *(_problem(key, "no variable of the new model takes this tensor") for key in rows.keys() - places.keys()),
        *(_problem(key, "the old model has no tensor for this variable") for key in places.keys() - rows.keys()),
        *(
            _problem(key, text)
            for key in rows.keys() & places.keys()
            if (text := _misfit(places[key], rows[key], bundle)) is not None
        ),
    ]
    if problems:
        problems.sort(key=lambda problem: (problem.layer, problem.key or ""))
        message = f"{len(problems)} weights do not fit; the first: {problems[0]}"
        raise Failure(Exit.WEIGHTS, message, SAME_WEIGHTS, tuple(problems))


def _misfit(place: Place, row: TensorRow, bundle: Bundle) -> str | None:
    shape = tuple(place.variable.shape)
    if place.recast is None:
        return None if tuple(row.shape) == shape else f"shape {row.shape} in the file, {shape} in the model"
    try:
        place.value(np.asarray(bundle.read(row)))
    except ValueError as error:
        return f"shape {row.shape} in the file cannot be {place.recast.name}: {error}"
    return None


def _problem(key: WeightKey, text: str) -> Problem:
    path, name = key
    return Problem("/".join(path), "variable", text, name)


def same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether arrays of one dtype and shape agree bit for bit, NaN included; neither is copied."""
    return a.dtype.name == b.dtype.name and a.shape == b.shape and np.array_equal(_whole(a), _whole(b))


def _whole(array: np.ndarray) -> np.ndarray:
    """The bits of an array as integers."""
    return np.ascontiguousarray(array).reshape(-1).view(f"u{min(array.itemsize, 8)}")
