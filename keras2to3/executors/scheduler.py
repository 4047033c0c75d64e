"""Many sources through pairs of workers, and what each of them comes to."""

from __future__ import annotations

import contextlib
import functools
import queue
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from interchange.errors import Exit, Failure
from keras2to3 import interrupts
from keras2to3.executors import machine
from keras2to3.executors.worker import Say, Worker
from keras2to3.executors.worker_pair import Pair, Pipeline, Waiting, pair, start_importer
from keras2to3.options import Options
from keras2to3.reports.console import Lines
from keras2to3.reports.summary import Row, Summary
from keras2to3.results.ownership import checked
from keras2to3.results.plan import ENDINGS, Job, plan
from keras2to3.results.publish import publish
from keras2to3.results.resume import Earlier
from keras2to3.results.workspace import workspace
from keras2to3.scanner.process.client import Scanner, scanner_for
from keras2to3.sources import find
from keras2to3.task import Migration
from keras2to3.weight_pairs import paired

Finish = Callable[[Migration], None]
After = Callable[[Path, Sequence[Row]], None]

_PAIR = "pair-{}"  # the folder of a pair of workers


def migrate(options: Options, show: Lines, after: After | None = None) -> Exit:
    """Migrate all sources, write all reports and the summary; a source that fails costs itself alone.

    `after` gets the folder of the run, while no other run may write results, and its rows. Raises
    `Failure(ENVIRONMENT)` if there is nowhere to write, and `Failure(USAGE)` if results would have one name. A
    KeyboardInterrupt leaves the results that are finished, and a summary that says what is missing.
    """
    with workspace(options.output_dir, show.say, wait=options.wait) as folder, contextlib.ExitStack() as stack:
        sources = find(options.sources, options.output_dir)
        scanner = stack.enter_context(contextlib.closing(scanner_for(options, sources, folder, show.say)))
        sources = paired(sources, scanner.is_weights, options.architecture, show.say)
        jobs = plan(sources, options.output_dir, ENDINGS[options.format], options.root, options.flat)
        summary = Summary.begin(jobs, options.output_dir, overwrite=options.overwrite)
        show.encoded(jobs)
        try:
            _run(options, folder, summary, scanner, show)
        except KeyboardInterrupt:
            show.missing(summary.missing)
            raise
        finally:
            with interrupts.postponed():
                summary.write(folder)
        if after is not None:
            after(folder, summary.rows)
    return summary.exit_code


class _FirstImporter:
    """The importer of the first pair: it reads no source, so it starts before they are scanned."""

    def __init__(self, options: Options, folder: Path, warn: Say) -> None:
        self._start = functools.partial(start_importer, options, folder / _PAIR.format(0), warn)
        self._worker: Worker | None = None
        self._error: Failure | OSError | None = None

    def start(self) -> None:
        """Start it, once; what hinders it is told to whoever needs it."""
        if self._worker is None and self._error is None:
            try:
                self._worker = self._start()
            except (Failure, OSError) as error:
                self._error = error

    def started(self) -> Worker:
        """The worker, or what hindered it, raised."""
        self.start()
        if self._error is not None:
            raise self._error
        assert self._worker is not None
        return self._worker

    def close(self) -> None:
        """End it, whether a pipeline had it or not."""
        if self._worker is not None:
            self._worker.close()


def _scanned(
    jobs: Sequence[Job], options: Options, earlier: Earlier, scanner: Scanner, importer: _FirstImporter
) -> list[Migration]:
    """A migration for each job, scanned unless an earlier run has done it.

    All are scanned before an exporter starts: what it may read is decided once, and for good.
    """
    told = {"keep_bundle": options.keep_bundles, "overwrite": options.overwrite}
    migrations = [Migration.of(checked(job, **told), options) for job in jobs]
    for migration in migrations:
        if found := earlier.found(migration.job):
            migration.resume(*found)
        else:
            if migration.job.failure is None:
                importer.start()
            migration.scan(scanner)
    return migrations


def _run(options: Options, folder: Path, summary: Summary, scanner: Scanner, show: Lines) -> None:
    earlier = Earlier(options)

    def finish(migration: Migration) -> None:
        publish(migration, earlier, folder / "publishing")
        summary.add(migration)
        show.verdict(migration)

    warn = _once(show.say)
    with show.following(summary.jobs), contextlib.closing(_FirstImporter(options, folder, warn)) as importer:
        migrations = _scanned(summary.jobs, options, earlier, scanner, importer)
        pairs = _pairs(options, folder, migrations, warn, importer)
        crew = _Crew(options, scanner, pairs, migrations, show.step)
        try:
            crew.start()
            earlier.prepare()
            crew.work(finish)
        finally:
            crew.close(finish)


class _Crew:
    """The pipelines, each driven by a thread of its own; all take from the same jobs."""

    def __init__(
        self,
        options: Options,
        scanner: Scanner,
        pairs: Mapping[Path, Callable[[], Pair]],
        migrations: Sequence[Migration],
        step: Callable[[Job, str], None],
    ) -> None:
        """Each of the `pairs` works in a folder, by which it stands."""
        self._waiting: Waiting = queue.SimpleQueue()
        for numbered in enumerate(migrations):
            self._waiting.put(numbered)
        self._scanner = scanner
        self._pipelines = [Pipeline(options, scanner, *pair, step) for pair in pairs.items()]
        self._threads = ThreadPoolExecutor(len(pairs), "import")
        self._done: queue.SimpleQueue[Migration | Future[None]] = queue.SimpleQueue()
        self._told: queue.SimpleQueue[None] = queue.SimpleQueue()  # one for each of them, to wait for

    def start(self) -> None:
        """Let every pipeline take its first job."""
        for pipeline in self._pipelines:
            self._threads.submit(self._drive, pipeline).add_done_callback(self._tell)

    def work(self, finish: Finish) -> None:
        """Until every job is done. `finish` gets each as it is migrated or failed, one at a time, never interrupted."""
        at_work = len(self._pipelines)
        while at_work:
            self._told.get()  # an interrupt may come here, where nothing is in our hands
            with interrupts.postponed():
                found = self._done.get_nowait()
                if isinstance(found, Migration):
                    finish(found)
                else:
                    found.result()  # raises what the thread has raised
                    at_work -= 1

    def _drive(self, pipeline: Pipeline) -> None:
        for migration in pipeline.migrated(self._waiting):
            self._tell(migration)

    def _tell(self, done: Migration | Future[None]) -> None:
        self._done.put(done)
        self._told.put(None)

    def close(self, finish: Finish) -> None:
        """End all workers, whatever they are at, and their threads with them; what was done by then is finished."""
        with interrupts.postponed():
            self._scanner.stop()
            for pipeline in self._pipelines:
                pipeline.stop()
            self._threads.shutdown()
            for pipeline in self._pipelines:
                pipeline.close()
            while not self._done.empty():
                found = self._done.get_nowait()
                if isinstance(found, Migration) and found.report.exit_code is not Exit.INTERRUPTED:
                    finish(found)


def _pairs(
    options: Options, folder: Path, migrations: Sequence[Migration], warn: Say, importer: _FirstImporter
) -> Mapping[Path, Callable[[], Pair]]:
    """By its folder, how each pair is started; no more pairs than migrations, and the first has its `importer`."""
    count = min(options.jobs or machine.pairs([each.job.source for each in migrations]), len(migrations))
    places = [folder / _PAIR.format(number) for number in range(count)]
    inputs = _inputs(options, migrations)
    starts: list[Callable[[], Worker]] = [importer.started]
    starts += [functools.partial(start_importer, options, place, warn) for place in places[1:]]
    return {place: functools.partial(pair, options, place, inputs, warn, start) for place, start in zip(places, starts)}


def _once(say: Say) -> Say:
    """What every pair of workers has to tell is told by the first."""
    told: set[str] = set()

    def first(text: str) -> None:
        if text not in told:
            told.add(text)
            say(text)

    return first


def _inputs(options: Options, migrations: Sequence[Migration]) -> tuple[str, ...]:
    """All that an exporter may read of the user's: the sources that the scan has passed, and the samples."""
    paths = [path for migration in migrations for path in migration.reads]
    return tuple(map(str, (*paths, *(given.resolve() for given in [options.inputs] if given))))
