"""A pair of workers as a pipeline: while one model is imported, the next is exported."""

from __future__ import annotations

import contextlib
import queue
import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from interchange.errors import Exit, Failure
from keras2to3.executors.worker import Say, Worker
from keras2to3.options import Options
from keras2to3.results.plan import Job
from keras2to3.sandbox import Box, usual_memory
from keras2to3.scanner.process.client import DESK, Scanner
from keras2to3.task import Migration, Places

Pair = tuple[Worker, Worker]
"""Exporter and importer."""
Waiting = queue.SimpleQueue[tuple[int, Migration]]
"""Migrations that were scanned, with their numbers."""

# Bundles that may wait for the importer; each lies on disk, so there is no use in being far ahead.
_AHEAD = 2

# Where below the folder the exporter writes, where the importer does, and what it is given to read.
_BUNDLES, _DRAFTS, _LENT = "bundles", "drafts", "lent"


class Pipeline:
    """Two workers, whose processes `start` at the same time once there is something to do, and the thread that exports.

    What is done for a job is told to `step`.
    """

    def __init__(
        self,
        options: Options,
        scanner: Scanner,
        folder: Path,
        start: Callable[[], Pair],
        step: Callable[[Job, str], None],
    ) -> None:
        self._options, self._scanner, self._folder = options, scanner, folder
        self._start = start
        self._step = step
        self._lock = threading.Lock()  # no worker starts after `stop`
        self._stopped = False
        self._workers: Pair | None = None
        self._thread = ThreadPoolExecutor(1, "export")
        self._starting = ThreadPoolExecutor(1, "start")

    def _started(self) -> Pair:
        """Raises `Failure(ENVIRONMENT)` if one cannot be started."""
        with self._lock:
            if self._stopped:
                raise Failure(Exit.INTERRUPTED, "interrupted")
            self._workers = self._workers or self._start()
            return self._workers

    def migrated(self, waiting: Waiting) -> Iterator[Migration]:
        """Those that wait, until none is left, each migrated or failed."""
        for migration in self._exported(waiting):
            self._import(migration)
            if migration.may_be_served():
                migration.serve_instead()
                name = f"served-{secrets.token_hex(8)}"
                self._import(self._thread.submit(self._export, migration, name).result())
            yield migration

    def _import(self, migration: Migration) -> None:
        migration.import_(lambda: self._started()[1], self._scanner, self._options, self._say(migration.job))

    def _exported(self, waiting: Waiting) -> Iterator[Migration]:
        """Each exported or failed, by a thread that is never far ahead and takes a job when it has time for it."""
        ahead = deque(self._thread.submit(self._export_next, waiting) for _ in range(_AHEAD))
        while (migration := ahead.popleft().result()) is not None:
            ahead.append(self._thread.submit(self._export_next, waiting))
            yield migration

    def _export_next(self, waiting: Waiting) -> Migration | None:
        try:
            number, migration = waiting.get_nowait()
        except queue.Empty:
            return None
        return None if self._stopped else self._export(migration, f"model-{number}-{secrets.token_hex(8)}")

    def _export(self, migration: Migration, name: str) -> Migration:
        """`name` is one that no worker has heard of, so that nothing waits for the model in its places."""
        folders = [self._folder / kind for kind in (_DRAFTS, _BUNDLES, _LENT)]
        migration.places = Places(*(folder / name for folder in (*folders, self._folder.parent / DESK)))
        if migration.is_waiting:
            workers = self._starting.submit(self._started)  # while the source is digested
            say = self._say(migration.job)
            migration.export(lambda: workers.result()[0], self._scanner, self._options, say)
        return migration

    def _say(self, job: Job) -> Say:
        return lambda text: self._step(job, text)

    def stop(self) -> None:
        """End both workers, whatever they are at; what was in their hands fails as interrupted."""
        with self._lock:
            self._stopped = True
        for worker in self._workers or ():
            worker.stop()

    def close(self) -> None:
        """Stop, and let go of threads and pipes; nobody may be waiting for a migration any more."""
        self.stop()
        for thread in (self._thread, self._starting):
            thread.shutdown()
        for worker in self._workers or ():
            worker.close()


def pair(
    options: Options, folder: Path, inputs: Sequence[str], warn: Say, start_importer: Callable[[], Worker]
) -> Pair:
    """Start an exporter, which may read `inputs`, and an importer, or take the one that was started already.

    Each works in its sandbox below `folder`. What is lent to the importer is written by neither.
    """
    assert options.keras2_python is not None
    box = Box((*inputs, *_given(options)), (str(folder / _BUNDLES),), *_limits(options))
    with contextlib.ExitStack() as undo:  # the first must not outlive a second that cannot be started
        importer = start_importer()
        undo.callback(importer.close)
        exporter = Worker("exporter", options.keras2_python, folder / "exporter", box, warn)
        undo.pop_all()
    return exporter, importer


def start_importer(options: Options, folder: Path, warn: Say) -> Worker:
    """Start the importer of the pair that works below `folder`. Raises `Failure(ENVIRONMENT)`."""
    assert options.keras3_python is not None
    reads = [folder / _BUNDLES, folder / _LENT]
    for place in reads:
        place.mkdir(parents=True, exist_ok=True)  # what is not there when a worker starts is not granted
    box = Box((*map(str, reads), *_given(options)), (str(folder / _DRAFTS),), *_limits(options))
    return Worker("importer", options.keras3_python, folder / "importer", box, warn)


def _given(options: Options) -> tuple[str, ...]:
    """The files of the user's that either worker runs."""
    named = {replacement.file for replacement in options.replace}
    named |= {options.builder.file} if options.builder else set()
    return tuple(sorted(named | options.customs.files))


def _limits(options: Options) -> tuple[int, float, tuple[str, ...]]:
    return options.memory or usual_memory(), options.timeout, options.allow_missing_sandbox
