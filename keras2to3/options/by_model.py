"""Options that hold for some models of a run alone, as the configuration has them for a `match`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keras2to3.options.given import Given
from keras2to3.options.path_patterns import PathPattern


@dataclass(frozen=True)
class ModelOptions:
    """`values` are options by their names, for each source that `match` matches; `place` is where they are written.

    `given` are the same as they are written.
    """

    match: PathPattern
    values: Mapping[str, Any] = field(hash=False)
    place: str = ""
    given: tuple[Given, ...] = ()

    def is_for(self, source: Path) -> bool:
        """Whether they hold for a source. A `match` without a slash is a name below the folder of the configuration."""
        return self.match.matches(source, self.match.base)


def merged(entries: Iterable[ModelOptions]) -> dict[str, Any]:
    """The values of all entries, of which the later ones win."""
    return {name: value for entry in entries for name, value in entry.values.items()}


def unmatched(models: Sequence[ModelOptions], sources: Iterable[Path]) -> str | None:
    """A warning about entries that are for no source."""
    paths = list(sources)
    idle = [entry for entry in models if not any(map(entry.is_for, paths))]
    if not idle:
        return None
    places = ", ".join(f"{entry.match.text!r} ({entry.place})" for entry in idle)
    return f"warning: these settings match no source of this run: {places}"
