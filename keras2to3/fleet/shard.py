"""One shard of a plan: fetch its sources, and do with them what the plan says, migrate or check."""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Union

from interchange import strictjson
from interchange.errors import Exit, Failure, failure_of
from interchange.system_errors import NO_ROOM
from keras2to3.fleet import layout, room
from keras2to3.fleet.checks import Checks
from keras2to3.fleet.entries import Entry
from keras2to3.fleet.layout import Plan
from keras2to3.fleet.locations import Locations
from keras2to3.fleet.migrations import Migrations
from keras2to3.fleet.stores.opening import open_store
from keras2to3.fleet.stores.store import Store, UnavailableError
from keras2to3.options.commands import CheckOptions, Options
from keras2to3.reports.console import Lines
from keras2to3.reports.summary import Row, failed_row
from keras2to3.results import deletion
from keras2to3.results.resume import made_with

OptionsOf = Callable[[Path], Union[Options, CheckOptions]]

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
        if plan.made_with != made_with(options):
            text = f"run {plan.run} was planned by another version of keras2to3, or with other files"
            raise Failure(Exit.ENVIRONMENT, text, "plan it again with the version that is to run it")
        locations = Locations(Path(folder, SOURCES), Path(folder, "results"), store.url)
        work = _work(store, options, locations, manner)
        shard = _Shard(store, work, manner, locations, layout.attempts(plan.run, number), room.free(Path(folder)))
        rows = shard.run(plan.entries(store, number), show)
    return tell(store, plan, number, rows, time.monotonic() - begun)


def tell(store: Store, plan: Plan, number: int, rows: Sequence[Row], seconds: float) -> Exit:
    """Write the rows of a shard and its record; the exit code is the highest of all.

    If another command has done the shard meanwhile, its record stays, and its rows are those that count.
    """
    code = Exit(max(row["exit_code"] for row in rows))
    content = layout.lines({**row, "run": {"id": plan.run}} for row in rows)
    digest = hashlib.sha256(content).hexdigest()
    facts = {
        "schema": layout.SCHEMA, "run": plan.run, "shard": number, "exit_code": int(code),
        "counts": dict(Counter(row["status"] for row in rows)), "rows": digest,
        "quarantined": sum(row.get("quarantined", False) for row in rows), "seconds": round(seconds, 3),
    }  # fmt: skip
    store.write(layout.rows(plan.run, number, digest), content)
    store.create(layout.record(plan.run, number), layout.lines([facts]))
    return code


def record_of(store: Store, plan: Plan, number: int) -> dict[str, Any] | None:
    """The record of a shard; None if it is not done."""
    try:
        return dict(strictjson.parse(store.read(layout.record(plan.run, number))[0]))
    except FileNotFoundError:
        return None


class Work(Protocol):
    """What is done with sources."""

    def finished(self, entry: Entry) -> Row | None:
        """The row of a source that an earlier run has done, whose files are not read; None if it is to be done."""

    def run(self, entries: Sequence[Entry], threads: ThreadPoolExecutor, show: Lines) -> dict[str | None, Row]:
        """The rows of sources, by the name of their results. Raises `Failure(ENVIRONMENT)` where it cannot go on."""


def _work(store: Store, options: Options | CheckOptions, locations: Locations, manner: Manner) -> Work:
    if isinstance(options, CheckOptions):
        return Checks(options, locations)
    return Migrations(store, options, locations, manner.beside)


@dataclass
class _Shard:
    """A shard that runs."""

    target: Store
    work: Work
    manner: Manner
    locations: Locations
    attempts: str
    free: int
    _unavailable: UnavailableError | None = None

    def run(self, lines: Sequence[Any], show: Lines) -> list[Row]:
        """A row for every source, in the order of the list, and for texts that turned out to be models of their own."""
        entries = list(map(Entry.from_json, lines))
        parts = ([entry] for entry in entries) if self.manner.alone else room.parts(entries, self.free)
        with ThreadPoolExecutor(_AT_ONCE, "store") as threads:
            return [row for part in parts for row in self._part(part, threads, show)]

    def _part(self, entries: Sequence[Entry], threads: ThreadPoolExecutor, show: Lines) -> list[Row]:
        """The rows of sources that are worked on in one run."""
        known = list(threads.map(self._prepared, entries))
        waiting = [entry for entry, row in zip(entries, known) if row is None]
        try:
            rows = self.work.run(waiting, threads, show) if waiting else {}
        finally:  # whatever has happened, the machine is still there
            for entry in waiting if self.manner.alone else ():
                self.target.delete(self._attempt(entry))
        for folder in (self.locations.sources, self.locations.results):
            deletion.remove(folder)
        return [*(row or rows.pop(entry.name) for entry, row in zip(entries, known)), *rows.values()]

    def _prepared(self, entry: Entry) -> Row | None:
        """The row of a source with which nothing is to be done; None if it is ready to be migrated.

        Raises UnavailableError if a store does not answer; then no other source is asked for.
        """
        try:
            if self._unavailable is not None:
                raise self._unavailable
            if entry.failure is not None:
                raise entry.failure
            if (row := self.work.finished(entry)) is not None:
                return row
            if self.manner.alone and not self.target.create(self._attempt(entry), b""):
                text = f"{entry.source} has cost the machine that migrated it alone, so it is not migrated again"
                return _left_out(entry, Failure(Exit.WORKER_DIED, text, "try it once more with --retry-quarantined"))
            if not (room.fits(entry, self.free) and self._fetch(entry)):
                return _left_out(entry, room.failure(entry, self.free))
        except UnavailableError as error:
            self._unavailable = error
            raise
        except Exception as error:  # noqa: BLE001  (whatever it is, it is this source's)
            return failed_row(entry.source, entry.name, failure_of(error))
        return None

    def _fetch(self, entry: Entry) -> bool:
        """Download what a source consists of; False if there was no room for it.

        Raises `Failure(UNREADABLE)` if it is not what was planned, and UnavailableError if its store does not answer.
        """
        if not entry.store:
            return True  # a path of this machine, which the scan reads
        paths = [self.locations.sources / relative for relative in entry.files]
        try:
            store = open_store(entry.store)
            for path, file in zip(paths, entry.files.values()):
                store.download(file, path)
        except UnavailableError:
            raise
        except OSError as error:
            if error.errno in NO_ROOM:
                for path in paths:
                    path.unlink(missing_ok=True)
                return False
            text = f"{entry.source} cannot be read: {error}"
            raise Failure(Exit.UNREADABLE, text, "plan again, if the source has changed") from error
        return True

    def _attempt(self, entry: Entry) -> str:
        """The file that says that a source was begun alone."""
        return f"{self.attempts}/{hashlib.sha256(entry.source.encode()).hexdigest()}"


def _left_out(entry: Entry, failure: Failure) -> Row:
    """The row of a source that was not begun on this machine, and may be on another one."""
    return {**failed_row(entry.source, entry.name, failure), "quarantined": True}
