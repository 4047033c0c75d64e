"""Many sources through pairs of workers, and what each of them comes to."""

from __future__ import annotations

import functools
import os
import queue
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from interchange.errors import Exit
from keras2to3 import interrupts, machine
from keras2to3.look.source import TABLE, shards
from keras2to3.migration import Migration
from keras2to3.options import Options
from keras2to3.outputs import ENDINGS, Job, plan
from keras2to3.pairing import paired
from keras2to3.pipeline import Pipeline, pair
from keras2to3.publish import publish
from keras2to3.resume import Earlier
from keras2to3.show import Lines
from keras2to3.sources import find
from keras2to3.summary import Summary
from keras2to3.worker import Say
from keras2to3.workspace import workspace

Finish = Callable[[Migration], None]


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
    crew = _Crew(earlier, folder, summary.jobs, show)

    def finish(migration: Migration) -> None:
        publish(migration, earlier.made_with, keep_bundle=options.keep_bundles)
        summary.add(migration)
        show.verdict(migration.job, migration.report, resumed=migration.resumed)

    with show.following(summary.jobs):
        try:
            crew.start()
            earlier.prepare()
            crew.work(finish)
        finally:
            crew.close(finish)


class _Crew:
    """The pipelines, each driven by a thread of its own; all take from the same jobs."""

    def __init__(self, earlier: Earlier, folder: Path, jobs: Sequence[Job], show: Lines) -> None:
        self._waiting: queue.SimpleQueue[tuple[int, Job]] = queue.SimpleQueue()
        for numbered in enumerate(jobs):
            self._waiting.put(numbered)
        inputs, warn = _inputs(earlier.options, jobs), _once(show.say)
        places = [folder / f"pair-{number}" for number in range(_pairs(earlier.options, jobs))]
        starts = [functools.partial(pair, earlier.options, place, inputs, warn) for place in places]
        self._pipelines = [Pipeline(earlier, *both, show.step) for both in zip(places, starts)]
        self._threads = ThreadPoolExecutor(len(places), "import")
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
            for pipeline in self._pipelines:
                pipeline.stop()
            self._threads.shutdown()
            for pipeline in self._pipelines:
                pipeline.close()
            while not self._done.empty():
                found = self._done.get_nowait()
                if isinstance(found, Migration) and found.report.exit_code is not Exit.INTERRUPTED:
                    finish(found)


def _pairs(options: Options, jobs: Sequence[Job]) -> int:
    """No more than there are jobs."""
    return min(options.jobs or machine.pairs([job.source for job in jobs]), len(jobs))


def _once(say: Say) -> Say:
    """What every pair of workers has to tell is told by the first."""
    told: set[str] = set()

    def first(text: str) -> None:
        if text not in told:
            told.add(text)
            say(text)

    return first


def _inputs(options: Options, jobs: Sequence[Job]) -> tuple[str, ...]:
    """All that an exporter may read of the user's: the sources themselves and the samples."""
    sources = [job.source for job in jobs if job.failure is None]
    paths = [*sources, *(shard for source in sources if source.suffix == TABLE for shard in shards(source))]
    return tuple(map(os.path.realpath, (*paths, *filter(None, [options.inputs]))))
