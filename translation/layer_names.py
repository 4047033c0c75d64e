"""Names of layers as Keras makes them: from their class, and numbered."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable

_NUMBERED = re.compile(r"(.+?)_(\d+)")


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """`wanted`, or the first of `wanted_1`, `wanted_2`, ... that is not taken."""
    used = set(taken)
    numbered = (f"{wanted}_{number}" for number in itertools.count(1))
    return next(name for name in itertools.chain([wanted], numbered) if name not in used)


def numbered(name: str) -> tuple[str, int]:
    """A name without its number, and the number: Keras calls its layers `dense`, `dense_1` and so on."""
    found = _NUMBERED.fullmatch(name)
    return (found[1], int(found[2])) if found else (name, 0)


def snake_case(class_name: str) -> str:
    """What Keras calls a layer of this class unless it is given a name."""
    text = re.sub(r"(.)([A-Z][a-z0-9]+)", r"\1_\2", re.sub(r"\W+", "", class_name))
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", text).lower()
