"""Limits on what a function may compute: one that exceeds them is refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bytecode.refusals import Unknown


@dataclass(frozen=True)
class Limits:
    """The most that one run may use."""

    steps: int = 200_000
    depth: int = 40  # functions within functions
    size: int = 100_000  # items of one container, characters of one text
    nesting: int = 50  # containers within containers
    elements: int = 1 << 20  # numbers in one NumPy array
    bits: int = 4096  # of one integer


class Budget:
    """What is left of the limits in one run; every method raises `Unknown` where they are exceeded."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.left = limits.steps
        self.depth = 0

    def spend(self, steps: int = 1) -> None:
        self.left -= steps
        if self.left < 0:
            raise Unknown(f"the body takes more than {self.limits.steps} steps")

    def sized(self, size: int) -> None:
        """Check the size of a container before it is built."""
        if size > self.limits.size:
            raise Unknown(f"a container of {size:.3g} items is larger than any model needs")
        self.spend(size // 16)

    def shaped(self, elements: int) -> None:
        """Check the size of a NumPy array before it is computed."""
        if elements > self.limits.elements:
            raise Unknown(f"an array of {elements:.3g} numbers is larger than any function needs")
        self.spend(elements // 1024)

    def number(self, bits: int) -> None:
        """Check the size of an integer before it is computed."""
        if bits > self.limits.bits:
            raise Unknown(f"a number of {bits:.3g} bits is larger than any model needs")

    def walk(self, *values: Any) -> None:
        """Count the values in containers at any depth, as if nothing were shared."""
        level, depth = list(values), 0
        while level:
            self.spend(len(level))
            depth += 1
            if depth > self.limits.nesting:
                raise Unknown(f"a container is nested deeper than {self.limits.nesting} levels")
            level = [child for value in level for child in _children(value)]


def _children(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        return [*value, *value.values()]
    if isinstance(value, slice):
        return [value.start, value.stop, value.step]
    if isinstance(value, (list, tuple, set, frozenset)):
        return list(value)
    return value.ravel().tolist() if isinstance(value, np.ndarray) and value.dtype == object else []
