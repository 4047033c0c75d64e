"""Where in a `.keras` file the state of every layer of an architecture lies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from interchange.user_files.custom_objects import bare
from translation.config_tree import Entry, layers_of
from translation.keras2_to_2_15.archive import Archive, Place
from translation.keras2_to_2_15.archive_configs import hdf5_config
from translation.user_models import listed_as


class Places:
    """Where the layers of an architecture are in an archive; ask in the order in which Keras wrote them.

    A layer is called after its class and numbered within its model. One that is used in a second model as well lies
    where it was met first.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._met: dict[tuple[Any, ...], list[tuple[Any, Any, Place]]] = {}

    def of(self, model: Mapping[str, Any], place: Place) -> Iterator[tuple[Mapping[str, Any], Place]]:
        """Every layer of a model that lies at `place`; go down into each before asking for the next."""
        names: dict[str, Iterator[str]] = {}
        for entry in counted_layers(model):
            own = self._shared(entry)
            if own is None:
                kind = snake_case(bare(entry["class_name"]))
                container = (*place, "layers")
                own = (*container, next(names.setdefault(kind, self._names(kind, container))))
            row = (entry.get("shared_object_id"), hdf5_config(entry["config"]), own)
            self._met.setdefault(_key(entry), []).append(row)
            yield entry, own

    def _shared(self, entry: Mapping[str, Any]) -> Place | None:
        """Where a layer lies that is used in several models: they share a number, which Keras forgets at the first."""
        number, config = entry.get("shared_object_id"), hdf5_config(entry["config"])
        met = self._met.get(_key(entry), []) if number is not None else []
        same = {place for own, _, place in met if own == number}
        same = same or {place for own, other, place in met if own is None and other == config}
        return same.pop() if len(same) == 1 else None

    def _names(self, kind: str, container: Place) -> Iterator[str]:
        """The names of layers of one class in a model; where they have gaps, as the archive has them."""
        numbers = iter(self._numbers(kind, container))
        number = 0
        while True:
            number = next(numbers, number + 1) if self._archive.gaps else number
            yield f"{kind}_{number}" if number else kind
            number += not self._archive.gaps

    def _numbers(self, kind: str, container: Place) -> list[int]:
        depth, name = len(container), re.compile(rf"{kind}(?:_(\d+))?")
        there = {place[depth] for place in self._archive.groups if len(place) > depth and place[:depth] == container}
        return sorted(int(found[1] or 0) for found in map(name.fullmatch, there) if found)


def _key(entry: Mapping[str, Any]) -> tuple[Any, Any]:
    return entry["class_name"], entry["config"].get("name")


def counted_layers(model: Entry) -> list[Entry]:
    """The layers of a model as Keras counts them in what it saves: a Sequential does not count its input."""
    layers = layers_of(model)
    is_sequential = "Sequential" in (model["class_name"], listed_as(model))
    inputs = is_sequential and layers and layers[0]["class_name"] == "InputLayer"
    return layers[1:] if inputs else layers


def snake_case(name: str) -> str:
    """The name of a class in the names of HDF5 groups."""
    words = re.sub(r"([a-z])([A-Z])", r"\1_\2", re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)).lower()
    return f"private{words}" if words.startswith("_") else words
