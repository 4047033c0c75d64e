"""The key by which exporter and importer find the same weight."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple


class WeightKey(NamedTuple):
    """The path of a layer, and the name of a weight within it.

    A path holds names of layers within models, and names of attributes within layers: the cell of a Bidirectional is
    ("bidirectional", "forward_layer", "cell"). Keras 2 and 3 use the same attributes.
    """

    path: tuple[str, ...]
    name: str

    def to_facts(self) -> dict[str, Any]:
        """What a bundle says of a tensor to have this key."""
        return {"layer": list(self.path), "variable": self.name}

    @classmethod
    def from_facts(cls, facts: Mapping[str, Any]) -> WeightKey:
        """The inverse of `to_facts`."""
        return cls(tuple(facts["layer"]), facts["variable"])


def unique_names(names: Iterable[str]) -> Iterator[str]:
    """The names of the weights of one layer in their order; the second of a name is `kernel#1`."""
    counts: dict[str, int] = {}
    for name in names:
        count = counts[name] = counts.get(name, -1) + 1
        yield f"{name}#{count}" if count else name
