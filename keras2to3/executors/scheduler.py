"""Many sources through pairs of workers, and what each of them comes to."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from pathlib import Path

from interchange.errors import Exit
from keras2to3 import interrupts, routes
from keras2to3.ci.recorder import Recorder
from keras2to3.executors.pair_starts import FirstImporter, once, starts_of, user_files
from keras2to3.executors.worker_pair import Shared, Workers
from keras2to3.options.by_model import unmatched
from keras2to3.options.by_source import OptionsBySource
from keras2to3.options.commands import Options
from keras2to3.reports.closing import closing
from keras2to3.reports.console import Lines
from keras2to3.reports.summary import Row, Summary
from keras2to3.results.job import Job
from keras2to3.results.ownership import with_conflicts
from keras2to3.results.plan import plan
from keras2to3.results.resume import EarlierRuns
from keras2to3.results.workspace import workspace
from keras2to3.scanner.process.client import Scanner, scanner_for
from keras2to3.sources import Source, find, is_archive
from keras2to3.task import run, scan
from keras2to3.task_state import Task
from keras2to3.weight_pairs import paired

Finish = Callable[[Task], None]
After = Callable[[Path, Sequence[Row]], None]

# One has the exporter, one the importer, and one waits with a bundle; each bundle lies on disk, so more are no use.
_THREADS_OF_A_PAIR = 3


def migrate(
    options: Options,
    show: Lines,
    after: After | None = None,
    recorder: Recorder | None = None,
    names: Mapping[Path, str] | None = None,
) -> Exit:
    """Migrate all sources, write all reports and the summary; a source that fails costs itself alone.

    `after` gets the folder of the run, while no other run may write results, and its rows, and `recorder` gets every
    source. With `names` these are the sources, and what their results are called. Raises `Failure(ENVIRONMENT)` if
    there is nowhere to write, and `Failure(USAGE)` if results would have one name. A KeyboardInterrupt leaves the
    results that are finished, and a summary that says what is missing.
    """
    begun, recorder = time.monotonic(), recorder or Recorder(options)
    with workspace(options.output_dir, show.say, wait=options.wait) as folder, contextlib.ExitStack() as stack:
        sources = list(map(Source, names)) if names is not None else _found(options)
        scanner = stack.enter_context(contextlib.closing(scanner_for(options, sources, folder, show.say)))
        own = OptionsBySource(options)
        sources = paired(sources, scanner.is_weights, lambda path: own.of(path).architecture, show.say)
        if idle := unmatched(options.models, (source.path for source in sources)):
            show.say(idle)
        jobs = plan(sources, options.output_dir, options.output.ending, options.root, options.flat, names)
        summary = Summary.begin(jobs, options.output_dir, overwrite=options.overwrite, html=options.html)
        show.encoded(jobs)
        try:
            _run(own, folder, summary, scanner, show, recorder)
        except KeyboardInterrupt:
            recorder.add_missing(summary.missing, back=options.back)
            show.missing(summary.missing)
            _close(summary, time.monotonic() - begun, show)
            raise
        finally:
            with interrupts.postponed():
                if lost := summary.write(folder):
                    show.say(lost)
                show.document = summary.document
        if after is not None:
            after(folder, summary.rows)
    _close(summary, time.monotonic() - begun, show)
    return summary.exit_code


def _found(options: Options) -> list[Source]:
    wanted = is_archive if options.back else None
    return find(options.sources, options.output_dir, wanted, options.exclude)


def _close(summary: Summary, seconds: float, show: Lines) -> None:
    """Tell how many sources there are of each status, and where to look; one result is shown itself."""
    rows = summary.rows
    results = [row["output"] for row in rows if row["output"]]
    place = Path(results[0]) if len(rows) == len(results) == 1 else summary.path
    show.closing(closing([row["status"] for row in rows], seconds, place))


def _scanned(
    jobs: Sequence[Job],
    own: OptionsBySource[Options],
    earlier: EarlierRuns,
    scanner: Scanner,
    importer: FirstImporter,
) -> list[Task]:
    """A task for each job, scanned unless an earlier run has done it.

    All are scanned before an exporter starts, since its sandbox is told at the start what it may read.
    """
    tasks = [_task(job, own.of(job.source)) for job in jobs]
    for task in tasks:
        if done := earlier.finished(task.job, task.options):
            task.resume(*done)
        else:
            if task.job.failure is None:
                importer.start()
            scan(task, scanner)
    return tasks


def _task(job: Job, options: Options) -> Task:
    return Task.of(with_conflicts(job, options), options)


def _run(
    own: OptionsBySource[Options], folder: Path, summary: Summary, scanner: Scanner, show: Lines, recorder: Recorder
) -> None:
    options = own.of_run
    shared = Shared(scanner, EarlierRuns(options), show.step, folder / "publishing")
    files = user_files(own.all(job.source for job in summary.jobs))
    recording = threading.Lock()

    def finish(task: Task) -> None:
        with recording:
            task.decide()
            summary.add(task)
            recorder.add(task)
            show.verdict(task)

    warn = once(show.say)
    with show.following(summary.jobs), contextlib.closing(FirstImporter(options, folder, files, warn)) as importer:
        tasks = _scanned(summary.jobs, own, shared.earlier, scanner, importer)
        pairs = [Workers(shared, *pair) for pair in starts_of(options, folder, tasks, files, warn, importer).items()]
        with contextlib.closing(_LocalExecutor(scanner, pairs, tasks, finish)) as executor:
            executor.start()
            shared.earlier.prepare()
            executor.wait()


class _LocalExecutor:
    """Runs the tasks on pairs of workers of this machine, which all take from the same queue.

    Three threads share a pair: one has the exporter, one the importer, and one may wait with a bundle for the importer.
    `finish` gets each task that is done, also those that were published when the run was interrupted.
    """

    def __init__(self, scanner: Scanner, pairs: Sequence[Workers], tasks: Sequence[Task], finish: Finish) -> None:
        self._scanner, self._pairs, self._finish = scanner, pairs, finish
        self._tasks = iter(tasks)
        self._taking = threading.Lock()
        self._stopped = False
        self._threads = ThreadPoolExecutor(len(pairs) * _THREADS_OF_A_PAIR, "task")
        self._running: list[Future[None]] = []

    def start(self) -> None:
        """Let every pair take its first tasks."""
        self._running = [
            self._threads.submit(self._work, workers) for workers in self._pairs for _ in range(_THREADS_OF_A_PAIR)
        ]

    def wait(self) -> None:
        """Wait until every task is done; an exception of a thread is raised here."""
        for future in as_completed(self._running):
            future.result()

    def _work(self, workers: Workers) -> None:
        while (task := self._take(workers)) is not None:
            run(task, task.route or routes.WHOLE, workers)
            if task.was_interrupted:
                return
            self._finish(task)

    def _take(self, workers: Workers) -> Task | None:
        """The next task, with its turn at the exporter: tasks are exported in their order."""
        with self._taking:
            task = None if self._stopped else next(self._tasks, None)
            if task is not None and task.is_waiting and (task.route is None or task.route.describe is None):
                workers.exporting.reserve()
            return task

    def close(self) -> None:
        """End all workers, whatever they are at, and wait until what was published is recorded."""
        with interrupts.postponed():
            self._stopped = True
            self._scanner.stop()
            for workers in self._pairs:
                workers.stop()
            self._threads.shutdown()
            for workers in self._pairs:
                workers.close()
