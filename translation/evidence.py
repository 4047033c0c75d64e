"""What shows that a rule is right: the file of Keras it follows from, examples, and changes that no error shows."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Config = Mapping[str, Any]


@dataclass(frozen=True)
class Source:
    """The file that proves a rule: its `path` below the sources of a released `package`, and what it does there."""

    package: str
    path: str
    note: str = ""

    def __str__(self) -> str:
        return f"{self.package}: {self.path}{f' ({self.note})' if self.note else ''}"


def keras2(path: str, note: str = "") -> Source:
    """A file of Keras 2.15 below `keras/src`."""
    return Source("keras 2.15", path, note)


def keras3(path: str, note: str = "") -> Source:
    """A file of Keras 3 below `keras/src`."""
    return Source("keras 3", path, note)


def addons(path: str, note: str = "") -> Source:
    """A file of TensorFlow Addons, which has ended and is not installed anywhere."""
    return Source("tensorflow_addons 0.23", path, note)


@dataclass(frozen=True)
class Example:
    """A constructor call in Keras 2.15 and what the translated one is given.

    `before` holds keyword arguments; `after` the keys that must come out with these values. `inputs` are shapes
    without the batch axis; a second environment builds the layer on them and compares what it computes.
    """

    before: Config
    after: Config
    inputs: tuple[tuple[int | None, ...], ...] = ((6,),)
    dtype: str = "float32"


@dataclass(frozen=True)
class SilentChange:
    """A change that no error tells of: Keras 3 takes what Keras 2.15 took, and computes something else.

    `before` is what Keras 2.15 does, `after` what Keras 3 does, `answer` what becomes of it here. `difference` says by
    how much and on what input, each figure between two `**`: the function `measure` of
    `tests/keras3/measurements.py` measures them, and a test compares.
    """

    before: str
    after: str
    difference: str
    answer: str
    measure: str

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures of `difference`, as they are printed."""
        return tuple(re.findall(r"\*\*(.+?)\*\*", self.difference))
