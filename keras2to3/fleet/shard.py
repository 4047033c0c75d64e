"""One shard of a plan: fetch its sources, migrate them as any run does, and publish each result in the target."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from interchange import strictjson
from interchange.errors import Exit, Failure, failure_of
from keras2to3.ci.recorder import Recorder
from keras2to3.executors.scheduler import migrate
from keras2to3.fleet import layout
from keras2to3.fleet.entries import Entry
from keras2to3.fleet.layout import Plan
from keras2to3.fleet.limits import limited
from keras2to3.fleet.locations import Locations
from keras2to3.fleet.publication import Publication
from keras2to3.fleet.stores.opening import open_store
from keras2to3.fleet.stores.store import Store
from keras2to3.options.commands import Options
from keras2to3.reports.console import Lines
from keras2to3.reports.summary import Row, failed_row
from keras2to3.results.resume import EarlierRuns
from keras2to3.task_state import Task

OptionsOf = Callable[[Path], Options]

SOURCES = "sources"
_AT_ONCE = 8  # files that are downloaded, and results that are uploaded


@dataclass(frozen=True)
class Manner:
    """How a shard is run: beside how many others on its machine, and with `alone` one model at a time.

    With `alone` a model that was begun before and has no result is not begun again: it has cost its machine.
    """

    beside: int = 1
    alone: bool = False


def run_shard(store: Store, plan: Plan, number: int, options_of: OptionsOf, manner: Manner, show: Lines) -> Exit:
    """Run a shard with the options of its plan, and write its rows and its record; the exit code is the highest of all.

    A shard that has a record is done. `options_of` gets the folder where sources of stores will be. Raises
    `Failure(ENVIRONMENT)` if the plan is of another version of keras2to3, or another run writes to the target.
    """
    if (done := record_of(store, plan, number)) is not None:
        show.say(f"shard {number} of run {plan.run} is done already")
        return Exit(done["exit_code"])
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="keras2to3-") as folder:
        options = options_of(Path(folder, SOURCES))
        if plan.made_with != EarlierRuns(options).made_with(options):
            text = f"run {plan.run} was planned by another version of keras2to3, or with other files"
            raise Failure(Exit.ENVIRONMENT, text, "plan it again with the version that is to run it")
        shard = _Shard(store, options, manner, Path(folder), layout.attempts(plan.run, number))
        rows = shard.run(plan.entries(store, number), show)
    rows = [{**row, "run": {"id": plan.run}} for row in rows]
    code = Exit(max(row["exit_code"] for row in rows))
    content = layout.lines(rows)
    store.write(layout.rows(plan.run, number), content)
    facts = {
        "schema": layout.SCHEMA, "run": plan.run, "shard": number, "exit_code": int(code),
        "counts": dict(Counter(row["status"] for row in rows)), "rows": hashlib.sha256(content).hexdigest(),
        "quarantined": sum(row.get("quarantined", False) for row in rows),
        "seconds": round(time.monotonic() - begun, 3),
    }  # fmt: skip
    store.create(layout.record(plan.run, number), layout.lines([facts]))
    return code


def record_of(store: Store, plan: Plan, number: int) -> dict[str, Any] | None:
    """The record of a shard; None if it is not done."""
    try:
        return dict(strictjson.parse(store.read(layout.record(plan.run, number))[0]))
    except FileNotFoundError:
        return None


@dataclass
class _Shard:
    """A shard that runs, whose sources and results lie in `folder`."""

    target: Store
    options: Options
    manner: Manner
    folder: Path
    attempts: str

    def __post_init__(self) -> None:
        self.locations = Locations(self.folder / SOURCES, self.folder / "results", self.target.url)
        self.sources, self.results = self.locations.sources, self.locations.results
        self.publication = Publication(self.target, EarlierRuns(self.options), self.locations)

    def run(self, lines: Sequence[Any], show: Lines) -> list[Row]:
        """A row for every source, in the order of the list, and for texts that turned out to be models of their own."""
        entries = list(map(Entry.from_json, lines))
        parts = [[entry] for entry in entries] if self.manner.alone else [entries]
        with ThreadPoolExecutor(_AT_ONCE, "store") as threads:
            return [row for part in parts for row in self._part(part, threads, show)]

    def _part(self, entries: Sequence[Entry], threads: ThreadPoolExecutor, show: Lines) -> list[Row]:
        """The rows of sources that are migrated in one run."""
        known = list(threads.map(self._prepared, entries))
        waiting = [entry for entry, row in zip(entries, known) if row is None]
        try:
            rows = self._migrated(waiting, threads, show) if waiting else {}
        finally:  # whatever has happened, the machine is still there
            for entry in waiting if self.manner.alone else ():
                self.target.delete(self._attempt(entry))
        return [*(row or rows.pop(entry.name) for entry, row in zip(entries, known)), *rows.values()]

    def _prepared(self, entry: Entry) -> Row | None:
        """The row of a source with which nothing is to be done; None if it is ready to be migrated."""
        try:
            if entry.failure is not None:
                raise entry.failure
            if (row := self.publication.finished(entry)) is not None:
                return row
            if self.manner.alone and not self.target.create(self._attempt(entry), b""):
                text = f"{entry.source} has cost the machine that migrated it alone, so it is not migrated again"
                failure = Failure(Exit.WORKER_DIED, text, "try it once more with --retry-quarantined")
                return {**failed_row(entry.source, entry.name, failure), "quarantined": True}
            self._fetch(entry)
        except Exception as error:  # noqa: BLE001  (whatever it is, it is this source's)
            return failed_row(entry.source, entry.name, failure_of(error))
        return None

    def _fetch(self, entry: Entry) -> None:
        """Download what a source consists of. Raises `Failure(UNREADABLE)` if it is not what was planned."""
        if not entry.store:
            return  # a path of this machine, which the scan reads
        try:
            store = open_store(entry.store)
            for relative, file in entry.files.items():
                store.download(file, self.sources / relative)
        except OSError as error:
            text = f"{entry.source} cannot be read: {error}"
            raise Failure(Exit.UNREADABLE, text, "plan again, if the source has changed") from error

    def _attempt(self, entry: Entry) -> str:
        """The file that says that a source was begun alone."""
        return f"{self.attempts}/{hashlib.sha256(entry.source.encode()).hexdigest()}"

    def _migrated(self, entries: Sequence[Entry], threads: ThreadPoolExecutor, show: Lines) -> dict[str | None, Row]:
        """The rows of sources that are to be migrated, by the name of their results."""
        rows: dict[str | None, Row] = {}
        options = replace(limited(self.options, entries, self.manner.beside), output_dir=self.results, root=None)
        names = {path: name for entry in entries for path, name in entry.paths(self.sources).items()}
        with show.calling(self.locations.naming(entries)):
            migrate(
                options,
                show,
                lambda _, found: rows.update({row["name"]: row for row in found}),
                uploads := _Uploads(options, lambda task: threads.submit(self.publication.publish, task)),
                names,
            )
        for upload in uploads.begun:
            self._require(upload)
        return {name: self.publication.told(row) for name, row in rows.items()}

    def _require(self, upload: Future[None]) -> None:
        """Wait until a result is in the target.

        Raises `Failure(ENVIRONMENT)` if it cannot be, or another run writes there: then the shard is not done.
        """
        try:
            upload.result()
        except OSError as error:
            text = f"{self.target.url}: a result cannot be written there: {error}"
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
