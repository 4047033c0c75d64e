"""A tensor of a file that holds weights: where it lies, and which variable it has become."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from translation.keras2_to_2_15.archive import SEPARATORS


@dataclass(frozen=True)
class Row:
    """A tensor at `place` of its file: `name` within the `group` of its layer, in the `layout` of the file.

    Where Keras 2.15 has loaded it, `variable` is the one that has it now, and `loaded` the path and name of that.
    `converted` is whether it has another form there: Keras 1 and CuDNN laid their weights out otherwise.
    """

    place: str
    layout: str
    group: str
    name: str
    loaded: tuple[str, ...] | None = None
    variable: Any = field(default=None, compare=False)
    converted: bool = False

    def to_json(self) -> dict[str, Any]:
        """The facts of the tensor in a bundle."""
        return {
            "place": self.place,
            "layout": self.layout,
            "group": self.group,
            "name": self.name,
            "loaded": None if self.loaded is None else list(self.loaded),
            "converted": self.converted,
        }


def natural(place: str) -> list[tuple[str, int]]:
    """The key of an order in which `dense_10` comes after `dense_2`."""
    parts = (re.fullmatch(r"(.*?)_?(\d*)", part) for part in SEPARATORS.split(place))
    return [(found[1], int(found[2] or 0)) for found in parts if found]
