"""The table of weights: what each was, where it is now, and how its values were changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from importer.details.pictures import Drawn
from importer.restore.variables import Place
from interchange.manifest import TensorRow
from interchange.messages.details import MOST_ROWS, WeightRow
from interchange.text import escaped
from interchange.weight_key import WeightKey
from translation.pictures import shown


def table(
    rows: Sequence[TensorRow], places: Mapping[WeightKey, Place], drawn: Iterable[Drawn]
) -> tuple[WeightRow, ...]:
    """A row for each stored weight, in the order of the bundle, as many as a table may have."""
    found = names(drawn)
    return tuple(_row(row, places.get(WeightKey.from_facts(row.facts)), found) for row in rows[:MOST_ROWS])


def _row(row: TensorRow, place: Place | None, names: Mapping[int, str]) -> WeightRow:
    key = WeightKey.from_facts(row.facts)
    new = "" if place is None else names.get(id(place.variable), escaped(place.variable.path))
    recast = place.recast.name if place is not None and place.recast is not None else ""
    return WeightRow(shown(key.path), escaped(key.name), tuple(row.shape), row.dtype, new, recast)


def names(drawn: Iterable[Drawn]) -> Mapping[int, str]:
    """The path of each variable by its id, below the innermost layer that is drawn."""
    found: dict[int, str] = {}
    for each in drawn:
        for variable in getattr(each.operation, "variables", ()):
            found[id(variable)] = f"{shown(each.path)}/{escaped(_within(each.operation, variable))}"
    return found


def _within(layer: Any, variable: Any) -> str:
    """The path of a variable below its layer."""
    parts = str(variable.path).split("/")
    start = max((index for index, part in enumerate(parts[:-1]) if part == layer.name), default=-1)
    return "/".join(parts[start + 1 :])
