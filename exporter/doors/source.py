"""What a door is given."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Source:
    """A file or folder, in the format that the look has told."""

    path: Path
    format: str = "h5"
