"""A pair of workers, which many sources share: while one is imported, the next is exported."""

from __future__ import annotations

import contextlib
import itertools
import secrets
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from interchange.errors import Exit, Failure
from keras2to3.executors.worker import Say, Worker
from keras2to3.folders import Folders, PairFolders
from keras2to3.options.commands import Options
from keras2to3.results.job import Job
from keras2to3.results.resume import EarlierRuns
from keras2to3.sandbox import SandboxSpec, usual_memory
from keras2to3.scanner.process.client import Scanner

Pair = tuple[Worker, Worker]
"""Exporter and importer."""


class Turns:
    """A lock that goes to whoever asked first; `reserve` asks for the turn that this thread takes next."""

    def __init__(self) -> None:
        self._numbers = itertools.count()
        self._next = 0
        self._changed = threading.Condition()
        self._reserved = threading.local()

    def reserve(self) -> None:
        """Ask now for the turn that this thread takes next."""
        self._reserved.number = next(self._numbers)

    def __enter__(self) -> None:
        number = self._reserved.__dict__.pop("number", None)
        number = next(self._numbers) if number is None else number
        with self._changed:
            self._changed.wait_for(lambda: self._next == number)

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._next += 1
            self._changed.notify_all()


@dataclass
class Shared:
    """What all pairs of a run share.

    `step` is told what is done for a job. `publishing` is held by the thread that puts results in place, below
    `publishing_folder` first, where no worker may write.
    """

    scanner: Scanner
    earlier: EarlierRuns
    step: Callable[[Job, str], None]
    publishing_folder: Path
    publishing: threading.Lock = field(default_factory=threading.Lock)


class Workers:
    """An exporter and an importer, whose processes start together when the first source needs them.

    A thread that asks a worker holds the turn `exporting` or `importing`.
    """

    def __init__(self, shared: Shared, folders: PairFolders, start: Callable[[], Pair]) -> None:
        self.scanner, self.earlier = shared.scanner, shared.earlier
        self.publishing, self.publishing_folder = shared.publishing, shared.publishing_folder
        self.exporting, self.importing = Turns(), Turns()
        self._step = shared.step
        self._folders = folders
        self._start_pair = start
        self._lock = threading.Lock()  # no worker starts after `stop`
        self._stopped = False
        self._started: Future[Pair] | None = None
        self._thread = ThreadPoolExecutor(1, "start")

    def start(self) -> None:
        """Begin to start both processes, without waiting for them."""
        with self._lock:
            if self._stopped:
                raise Failure(Exit.INTERRUPTED, "interrupted")
            if self._started is None or (self._started.done() and self._started.exception()):
                self._started = self._thread.submit(self._start_pair)

    @property
    def exporter(self) -> Worker:
        """Raises `Failure(ENVIRONMENT)` if either of the pair cannot be started."""
        return self._pair()[0]

    @property
    def importer(self) -> Worker:
        """Raises `Failure(ENVIRONMENT)` if either of the pair cannot be started."""
        return self._pair()[1]

    def _pair(self) -> Pair:
        assert self._started is not None
        return self._started.result()

    def folders(self) -> Folders:
        """New folders for a source."""
        return self._folders.of_source(f"model-{secrets.token_hex(8)}")

    def progress(self, job: Job) -> Say:
        """What is to be called with each step that a worker reports of a job."""
        return lambda text: self._step(job, text)

    def stop(self) -> None:
        """End both workers, whatever they are at; what they had in their hands fails as interrupted."""
        with self._lock:
            self._stopped = True
        for worker in self._running():
            worker.stop()

    def close(self) -> None:
        """Stop, and let go of threads and pipes; nobody may be asking a worker any more."""
        self.stop()
        self._thread.shutdown()
        for worker in self._running():
            worker.close()

    def _running(self) -> Sequence[Worker]:
        """The workers, waiting for those that are just being started."""
        with contextlib.suppress(Exception):  # whoever needs them has got it
            return self._started.result() if self._started else ()
        return ()


def pair(
    options: Options, folders: PairFolders, inputs: Iterable[str], warn: Say, start_importer: Callable[[], Worker]
) -> Pair:
    """Start an exporter, which may read `inputs`, and an importer, or take the one that was started already.

    Each works in a sandbox of its own.
    """
    assert options.keras2_python is not None
    box = SandboxSpec((*inputs, str(folders.lent)), (str(folders.bundles),), *_limits(options))
    with contextlib.ExitStack() as undo:  # the first must not outlive a second that cannot be started
        importer = start_importer()
        undo.callback(importer.close)
        exporter = Worker("exporter", options.keras2_python, folders.root / "exporter", box, warn)
        undo.pop_all()
    return exporter, importer


def start_importer(options: Options, folders: PairFolders, inputs: Iterable[str], warn: Say) -> Worker:
    """Start the importer of a pair, which may read `inputs`. Raises `Failure(ENVIRONMENT)`."""
    assert options.keras3_python is not None
    reads = [folders.bundles, folders.lent]
    for folder in reads:
        folder.mkdir(parents=True, exist_ok=True)  # what is not there when a worker starts is not granted
    box = SandboxSpec((*map(str, reads), *inputs), (str(folders.drafts),), *_limits(options))
    return Worker("importer", options.keras3_python, folders.root / "importer", box, warn)


def _limits(options: Options) -> tuple[int, float, tuple[str, ...]]:
    return options.memory or usual_memory(), options.timeout, options.allow_missing_sandbox
