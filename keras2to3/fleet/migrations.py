"""Migrate the sources of a shard as any run does, and publish each result in the target as soon as it is done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from interchange.errors import Exit, Failure
from keras2to3.ci.recorder import Recorder
from keras2to3.executors.scheduler import migrate
from keras2to3.fleet.entries import Entry
from keras2to3.fleet.limits import limited
from keras2to3.fleet.locations import Locations
from keras2to3.fleet.publication import Publication
from keras2to3.fleet.stores.store import Store
from keras2to3.options.commands import Options
from keras2to3.reports.console import Lines
from keras2to3.reports.summary import Row
from keras2to3.results.resume import EarlierRuns
from keras2to3.task_state import Task


class Migrations:
    """Migrations of a shard that runs beside some others on its machine."""

    def __init__(self, target: Store, options: Options, locations: Locations, beside: int) -> None:
        self._target, self._options, self._locations, self._beside = target, options, locations, beside
        self._publication = Publication(target, EarlierRuns(options), locations)

    def finished(self, entry: Entry) -> Row | None:
        """The row of a source that an earlier run has done, whose files are not read; None if it is to be done."""
        return self._publication.finished(entry)

    def run(self, entries: Sequence[Entry], threads: ThreadPoolExecutor, show: Lines) -> dict[str | None, Row]:
        """The rows of sources, by the name of their results.

        Raises `Failure(ENVIRONMENT)` if a result cannot be written to the target, or another run writes there.
        """
        rows: dict[str | None, Row] = {}
        limits = limited(self._options, entries, self._beside)
        options = replace(limits, output_dir=self._locations.results, root=None)
        names = {path: name for entry in entries for path, name in entry.paths(self._locations.sources).items()}
        with show.calling(self._locations.naming(entries)):
            migrate(
                options,
                show,
                lambda _, found: rows.update({row["name"]: row for row in found}),
                uploads := _Uploads(options, lambda task: threads.submit(self._publication.publish, task)),
                names,
            )
        for upload in uploads.begun:
            self._require(upload)
        return {name: self._publication.told(row) for name, row in rows.items()}

    def _require(self, upload: Future[None]) -> None:
        """Wait until a result is in the target."""
        try:
            upload.result()
        except OSError as error:
            text = f"{self._target.url}: a result cannot be written there: {error}"
            raise Failure(Exit.ENVIRONMENT, text, "run the shard again: what is in the target stays") from error


@dataclass
class _Uploads(Recorder):
    """Begins to upload each result as soon as it is done."""

    begin: Callable[[Task], Future[None]]
    begun: list[Future[None]] = field(default_factory=list)

    def add(self, task: Task) -> None:
        """A source is done."""
        super().add(task)
        self.begun.append(self.begin(task))
