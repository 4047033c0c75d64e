"""The types of the fields of messages, with the limits that the command holds an answer of a worker to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, NamedTuple

LONGEST_TEXT = 20_000
"""Characters of any text in an answer."""

MANY = 100_000
"""Rows of what may be told of each tensor or layer of a model."""

FEW = 1_000
"""Rows of what is told of a model's inputs, outputs or probes."""


class Length(NamedTuple):
    """Characters of a text, or items of a list or an object."""

    most: int
    least: int = 0


class Pattern(NamedTuple):
    """A regular expression that a whole text matches, in ASCII."""

    regex: str


class OneOf(NamedTuple):
    """The only values there are."""

    values: tuple[str, ...]


class Printed(NamedTuple):
    """A text is printed: nothing in it steers a terminal."""


class Identifier(NamedTuple):
    """A text is a name in Python."""


class AnySign(NamedTuple):
    """A number may be negative."""


Text = Annotated[str, Length(LONGEST_TEXT)]
Name = Annotated[str, Length(LONGEST_TEXT), Printed()]
PythonName = Annotated[str, Length(200), Identifier()]
Word = Annotated[str, Length(40), Pattern("[a-z][a-z0-9_-]*")]
DType = Annotated[str, Length(40), Pattern("[a-z][a-z0-9_]*")]
Sha256 = Annotated[str, Length(64), Pattern("[0-9a-f]{64}")]
Shape = Annotated[tuple[int, ...], Length(32)]
"""The sizes of all axes."""
Signed = Annotated[float, AnySign()]
"""Any finite number; one without this mark is not negative."""
Timing = Annotated[Mapping[Word, float], Length(20)]
"""Seconds by stage."""
Noise = Annotated[Mapping[Name, Annotated[tuple[float, ...], Length(FEW)]], Length(FEW)]
"""How far rounding alone moves each output (absolute), by probe."""
