"""What lies in a `.keras` file of Keras 2: the architecture, the weights by the places of their layers, and assets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from translation import training_state

Place = tuple[str, ...]
"""Where a layer's state lies, as `("layers", "bidirectional", "forward_layer", "cell")`."""

_OLD = "_layer_checkpoint_dependencies"  # what Keras 2.12 and 2.13 call `layers`
SEPARATORS = re.compile(r"[/\\]")
"""Keras on Windows joins the names of groups with backslashes."""

ASSETS = "assets"
"""The folder of an archive that holds the files of layers, such as vocabularies."""


def named(place: Place, key: str) -> str:
    """What a tensor is called: the place of its layer, and its number there."""
    return "/".join((*place, key))


@dataclass(frozen=True)
class Archive:
    """The parts of a file by their places: `groups` has one of weights for every layer, also for those without any.

    With `gaps` the layers of a class are not numbered one by one: Keras 2.12 and 2.13 count a layer with weights twice.
    """

    architecture: Mapping[str, Any]
    assets: Mapping[Place, bytes] = field(default_factory=dict)
    groups: Mapping[Place, Mapping[str, Any]] = field(default_factory=dict)
    gaps: bool = False

    @classmethod
    def of(
        cls, architecture: Mapping[str, Any], assets: Mapping[str, bytes], groups: Mapping[str, Mapping[str, Any]]
    ) -> Archive:
        """Sorts assets by their names in the archive, and groups of variables by the names of the layers' groups."""
        gaps = any(_OLD in name for name in (*assets, *groups))
        placed = {_place(name.removeprefix(f"{ASSETS}/")): content for name, content in assets.items()}
        return cls(architecture, placed, {_place(name): group for name, group in groups.items()}, gaps)

    @property
    def tensors(self) -> list[str]:
        """The names of all tensors but those of training."""
        kept = (place for place in sorted(self.groups) if not training_state.ARCHIVE & set(place))
        return [named(place, key) for place in kept for key in self.groups[place]]


def _place(name: str) -> Place:
    parts = SEPARATORS.split(name) if name else []
    return tuple("layers" if part == _OLD else part for part in parts)
