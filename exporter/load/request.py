"""What a door is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from exporter.load.custom_objects import NONE, Own
from interchange.replacements import Replacement


@dataclass(frozen=True)
class Source:
    """A file or folder, in the format that the look has told, and what the user has agreed to.

    With `trust` its code may run; `replaced` are the user's functions by the paths of the layers they stand for, and
    `own` the user's classes.
    `architecture` is the one that the look has read, from a text, that of the source itself or of the file beside it,
    or from a SavedModel: nobody reads that again. It was `written_by` the Keras of this version,
    as the user or the file says; None where neither does. A `part` is the path of the one model within that is meant.
    `samples` are inputs of the user's own, which tell a shape where the architecture does not.
    """

    path: Path
    format: str = "h5"
    trust: bool = False
    replaced: Mapping[str, Replacement] = field(default_factory=dict)
    architecture: Mapping[str, Any] | None = None
    own: Own = NONE
    written_by: str | None = None
    samples: Path | None = None
    part: str | None = None
