"""Check the sources of a shard: what `migrate` would do with each, in the rows of the shard."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from keras2to3.dry_run.check import answers, row_of
from keras2to3.fleet.entries import Entry
from keras2to3.fleet.locations import Locations
from keras2to3.options.commands import CheckOptions
from keras2to3.reports.console import Lines
from keras2to3.reports.report import Report
from keras2to3.reports.summary import Row
from keras2to3.sources import Source


class Checks:
    """Checks of a shard. Nothing of them is in the target besides the rows of the shard."""

    def __init__(self, options: CheckOptions, locations: Locations) -> None:
        self._options, self._locations = options, locations

    def finished(self, _: Entry) -> Row | None:
        """None: an answer costs less than to look for it."""
        return None

    def run(self, entries: Sequence[Entry], _: ThreadPoolExecutor, show: Lines) -> dict[str | None, Row]:
        """The rows of sources, by the name that their results would have."""
        folder = self._locations.results
        folder.mkdir(parents=True, exist_ok=True)
        options = replace(self._options, output_dir=folder, root=None)
        of_names = {name: entry for entry in entries for name in entry.names.values()}
        names = {path: name for entry in entries for path, name in entry.paths(self._locations.sources).items()}
        with show.calling(self._locations.naming(entries)):
            told = answers(list(map(Source, names)), options, folder, show, names)
            found = {names[source.path]: report for source, report in told}
        return {name: self._row(name, of_names[name], report) for name, report in found.items()}

    def _row(self, name: str, entry: Entry, report: Report) -> Row:
        facts = self._locations.told(row_of(report), entry)
        return {
            "source": entry.source,
            "location": self._locations.location(entry),
            "name": name,
            "status": report.status,
            "exit_code": facts["exit_code"],
            "message": facts["error"]["message"] if facts["error"] else None,
            "check": facts,
        }
