"""The options of each source: those of the run, changed by what holds for it alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Generic, TypeVar

from interchange.errors import Exit, Failure
from keras2to3.options.by_model import ModelOptions, merged
from keras2to3.options.commands import CheckOptions, Options
from keras2to3.options.conflicts import conflict
from keras2to3.options.given import latest

Own = TypeVar("Own", bound="Options | CheckOptions")


class OptionsBySource(Generic[Own]):
    """The options of each source of a run; `of_run` has them for all. Sources with the same ones share an object."""

    def __init__(self, options: Own) -> None:
        self.of_run = options
        self._made: dict[tuple[ModelOptions, ...], Own] = {(): options}

    def of(self, source: Path) -> Own:
        """Those of the run, changed by every entry that matches; of two with one key the later wins.

        Raises `Failure(USAGE)` for options that contradict each other.
        """
        entries = tuple(entry for entry in self.of_run.models if entry.is_for(source))
        if entries not in self._made:
            self._made[entries] = _combined(self.of_run, entries)
        return self._made[entries]

    def all(self, sources: Iterable[Path]) -> list[Own]:
        """The different ones of some sources; those of the run if there is no source."""
        return list({id(options): options for options in map(self.of, sources)}.values()) or [self.of_run]


def _combined(options: Own, entries: Iterable[ModelOptions]) -> Own:
    entries = tuple(entries)
    settings = latest([*options.settings, *(one for entry in entries for one in entry.given)])
    own = dataclasses.replace(options, models=(), settings=settings, **merged(entries))
    if text := conflict(own):
        raise Failure(Exit.USAGE, f"{' and '.join(entry.place for entry in entries)}: {text}")
    return own
