"""Paths in reports: as a shard sees its folders, and as users see the sources and the target."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras2to3.fleet.entries import Entry
from keras2to3.options.places import is_url
from keras2to3.reports.report import Report
from keras2to3.results import ownership
from keras2to3.results.job import Job


@dataclass(frozen=True)
class Locations:
    """The folders of a shard with its sources and its results, and the URL of the target."""

    sources: Path
    results: Path
    target: str

    def told(self, value: Any, entry: Entry) -> Any:
        """A JSON value, each text in it with the places that a user knows."""
        return _replaced(value, self._pairs(entry))

    def published(self, report: Report, entry: Entry) -> Report:
        """A report as it is in the target, with the origin of its source."""
        told = Report.from_json(self.told(report.to_json(), entry))
        told.source.update(location=self.location(entry), origin=origin(entry))
        return told

    def here(self, report: Report, entry: Entry, job: Job) -> Report:
        """A report of the target as it would be if an earlier run of this shard had written it."""
        here = Report.from_json(_replaced(report.to_json(), [(new, old) for old, new in self._pairs(entry)]))
        if report.source.get("location") == self.location(entry):
            here.source["location"] = ownership.location_of(job)
        return here

    def naming(self, entries: Sequence[Entry]) -> Callable[[str], str]:
        """What gives a text the places that a user knows, of these sources and the target."""
        files = {
            path: f"{entry.store}/{file.key}" for entry in entries if entry.store for path, file in entry.files.items()
        }
        places = {f"{self.sources}/{path}": url for path, url in files.items()}
        places[f"{self.results}/"] = f"{self.target}/"
        any_place = re.compile("|".join(re.escape(place) for place in sorted(places, key=len, reverse=True)))
        return lambda text: any_place.sub(lambda found: places[found[0]], text)

    def _pairs(self, entry: Entry) -> Sequence[tuple[str, str]]:
        pairs = [(f"{self.results}/", f"{self.target}/")]
        return [*pairs, (f"{self.sources}/", f"{entry.store}/")] if entry.store else pairs

    def location(self, entry: Entry) -> str:
        """The path relative to the results where both are on one machine, as reports of any run have it."""
        if entry.store or is_url(self.target):
            return entry.source
        return Path(os.path.relpath(entry.source, os.path.realpath(self.target))).as_posix()


def origin(entry: Entry) -> dict[str, Any]:
    """Which version of a source was read, so that a later run need not read it to know that it is the same."""
    versions = json.dumps(sorted(entry.versions.items())).encode("ascii")
    return {"url": entry.source, "version": hashlib.sha256(versions).hexdigest(), "bytes": entry.size}


def _replaced(value: Any, pairs: Sequence[tuple[str, str]]) -> Any:
    if isinstance(value, str):
        for old, new in pairs:
            value = value.replace(old, new)
        return value
    if isinstance(value, dict):
        return {key: _replaced(item, pairs) for key, item in value.items()}
    return [_replaced(item, pairs) for item in value] if isinstance(value, (list, tuple)) else value
