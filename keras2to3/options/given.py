"""Options as they were given for a model, and where: on the command line or in a configuration."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Given:
    """An option by its name without dashes. `value` is what a configuration has for it, with paths relative to `base`.

    `place` is where it stands, in words.
    """

    name: str
    value: Any = field(hash=False)
    place: str
    base: Path = Path()


def latest(given: Iterable[Given]) -> tuple[Given, ...]:
    """Of each name the last one, in the order of the names."""
    by_name = {one.name: one for one in given}
    return tuple(by_name[name] for name in sorted(by_name))
