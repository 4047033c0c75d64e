"""Many sources through two workers as a pipeline: while one model is imported, the next is exported."""

from __future__ import annotations

import contextlib
import functools
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from interchange.errors import Exit, Failure
from keras2to3 import interrupts
from keras2to3.box import Box, usual_memory
from keras2to3.look.source import TABLE, shards
from keras2to3.migration import Migration
from keras2to3.options import Options
from keras2to3.outputs import ENDINGS, Job, plan
from keras2to3.pairing import paired
from keras2to3.publish import publish
from keras2to3.resume import Earlier
from keras2to3.show import Lines
from keras2to3.sources import find
from keras2to3.summary import Summary
from keras2to3.worker import Worker
from keras2to3.workspace import workspace

# Bundles that may wait for the importer; each lies on disk, so there is no use in being far ahead.
_AHEAD = 2

# Where below the workspace each worker writes: the exporter here, the importer there.
_BUNDLES, _DRAFTS = "bundles", "drafts"


def migrate(options: Options, show: Lines) -> Exit:
    """Migrate all sources, write all reports and the summary; a source that fails costs itself alone.

    Raises `Failure(ENVIRONMENT)` if there is nowhere to write. A KeyboardInterrupt
    leaves the results that are finished, and a summary that says what is missing.
    """
    with workspace(options.output_dir) as folder:
        sources = paired(find(options.sources, options.output_dir), options.architecture)
        summary = Summary(plan(sources, options.output_dir, ENDINGS[options.format]))
        try:
            _run(options, folder, summary, show)
        except KeyboardInterrupt:
            show.missing(summary.missing)
            raise
        finally:
            with interrupts.postponed():
                summary.write(options.output_dir, folder)
    return summary.exit_code


def _run(options: Options, folder: Path, summary: Summary, show: Lines) -> None:
    earlier = Earlier(options)
    pair = _Pair(options, folder, summary.jobs, show, earlier)
    with contextlib.closing(pair), show.following(summary.jobs):
        for migration in pair.migrated(summary.jobs):
            publish(migration, earlier.made_with, keep_bundle=options.keep_bundles)
            summary.add(migration)
            show.verdict(migration.job, migration.report, resumed=migration.resumed)


class _Pair:
    """The two workers, whose processes start at the same time once a model is worth it, and the thread that exports."""

    def __init__(self, options: Options, folder: Path, jobs: Iterable[Job], show: Lines, earlier: Earlier) -> None:
        self._options = options
        self._earlier = earlier
        self._folder = folder
        self._show = show
        self._lock = threading.Lock()  # no worker starts after `close`
        self._closed = False
        self._make = functools.partial(_workers, options, folder, tuple(jobs), show)
        self._workers: tuple[Worker, Worker] | None = None
        self._thread = ThreadPoolExecutor(1, "export")

    def _started(self) -> tuple[Worker, Worker]:
        """Exporter and importer. Raises `Failure(ENVIRONMENT)` if one cannot be started."""
        with self._lock:
            if self._closed:
                raise Failure(Exit.INTERRUPTED, "interrupted")
            self._workers = self._workers or self._make()
            return self._workers

    def migrated(self, jobs: Iterable[Job]) -> Iterator[Migration]:
        """Every job in order, migrated or failed."""
        for migration in self._exported(jobs):
            migration.import_(lambda: self._started()[1], self._options, self._say(migration.job))
            yield migration

    def _exported(self, jobs: Iterable[Job]) -> Iterator[Migration]:
        """Every job in order, exported or failed, by a thread that is never far ahead."""
        waiting: deque[Future[Migration]] = deque()
        for number, job in enumerate(jobs):
            waiting.append(self._thread.submit(self._export, job, f"model-{number}"))
            if len(waiting) > _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()

    def _export(self, job: Job, name: str) -> Migration:
        places = (self._folder / _DRAFTS / name, self._folder / _BUNDLES / name)
        migration = Migration(job, *places, self._options.trust, self._options.replace, self._options.builder)
        if found := self._earlier.found(job):
            migration.resume(*found)
            return migration
        migration.export(lambda: self._started()[0], self._options, self._say(job))
        return migration

    def _say(self, job: Job) -> Callable[[str], None]:
        return lambda text: self._show.step(job, text)

    def close(self) -> None:
        """End both workers, whatever they are at; the thread ends because its worker does."""
        with interrupts.postponed():
            with self._lock:
                self._closed = True
            for worker in self._workers or ():
                worker.stop()
            self._thread.shutdown(cancel_futures=True)
            for worker in self._workers or ():
                worker.close()


def _workers(options: Options, folder: Path, jobs: Iterable[Job], show: Lines) -> tuple[Worker, Worker]:
    """Exporter and importer, each in its box."""
    assert options.keras2_python is not None
    assert options.keras3_python is not None
    limits = (options.memory or usual_memory(), options.timeout)
    named = {replacement.file for replacement in options.replace}
    given = tuple(sorted(named | ({options.builder.file} if options.builder else set())))
    exporting = Box((*_inputs(options, jobs), *given), (str(folder / _BUNDLES),), *limits)
    importing = Box((str(folder / _BUNDLES), *given), (str(folder / _DRAFTS),), *limits)
    with contextlib.ExitStack() as undo:  # the first must not outlive a second that cannot be started
        exporter = Worker("exporter", options.keras2_python, folder / "exporter", exporting, show.say)
        undo.callback(exporter.close)
        importer = Worker("importer", options.keras3_python, folder / "importer", importing, show.say)
        undo.pop_all()
    return exporter, importer


def _inputs(options: Options, jobs: Iterable[Job]) -> tuple[str, ...]:
    """All that the exporter may read of the user's: the sources themselves and the samples."""
    sources = [job.source for job in jobs if job.failure is None]
    paths = [*sources, *(shard for source in sources if source.suffix == TABLE for shard in shards(source))]
    return tuple(map(os.path.realpath, (*paths, *filter(None, [options.inputs]))))
