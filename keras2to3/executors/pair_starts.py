"""How the pairs of workers of a run are started, and what they may read."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from interchange.errors import Failure
from keras2to3.executors import machine
from keras2to3.executors.worker import Say, Worker
from keras2to3.executors.worker_pair import Pair, pair, start_importer
from keras2to3.folders import PairFolders
from keras2to3.options.commands import Options
from keras2to3.scanner.process.client import RESULTS_FOLDER
from keras2to3.task_state import Task


class FirstImporter:
    """The importer of the first pair: it is granted no source, so it starts before they are scanned."""

    def __init__(self, options: Options, folder: Path, inputs: Sequence[str], warn: Say) -> None:
        self._start = functools.partial(start_importer, options, _folders(folder, 0), inputs, warn)
        self._worker: Worker | None = None
        self._error: Failure | OSError | None = None

    def start(self) -> None:
        """Start it, once; `started` raises what prevented it."""
        if self._worker is None and self._error is None:
            try:
                self._worker = self._start()
            except (Failure, OSError) as error:
                self._error = error

    def started(self) -> Worker:
        """The worker. Raises what prevented its start."""
        self.start()
        if self._error is not None:
            raise self._error
        assert self._worker is not None
        return self._worker

    def close(self) -> None:
        """End it, whether a pair has taken it or not."""
        if self._worker is not None:
            self._worker.close()


def starts_of(
    options: Options, folder: Path, tasks: Sequence[Task], files: Sequence[str], warn: Say, importer: FirstImporter
) -> Mapping[PairFolders, Callable[[], Pair]]:
    """By its folders, how each pair is started; no more pairs than tasks, and the first has its `importer`.

    `files` are those of the user's that workers run.
    """
    count = min(options.jobs or machine.pairs([each.job.source for each in tasks]), len(tasks))
    pairs = [_folders(folder, number) for number in range(count)]
    inputs = (*_inputs(tasks), *files)
    starts: list[Callable[[], Worker]] = [importer.started]
    starts += [functools.partial(start_importer, options, folders, files, warn) for folders in pairs[1:]]
    return {
        folders: functools.partial(pair, options, folders, inputs, warn, start) for folders, start in zip(pairs, starts)
    }


def once(say: Say) -> Say:
    """What every pair of workers has to tell is told by the first."""
    told: set[str] = set()

    def first(text: str) -> None:
        if text not in told:
            told.add(text)
            say(text)

    return first


def _folders(workspace: Path, number: int) -> PairFolders:
    """The folders of a pair of workers."""
    return PairFolders(workspace / f"pair-{number}", workspace / RESULTS_FOLDER)


def _inputs(tasks: Sequence[Task]) -> list[str]:
    """The data that an exporter may read: the sources that the scan has passed, and the samples."""
    samples = dict.fromkeys(task.options.inputs.resolve() for task in tasks if task.options.inputs)
    return [str(path) for path in (*(path for task in tasks for path in task.granted), *samples)]


def user_files(options: Sequence[Options]) -> list[str]:
    """The files of the user's that the workers run, for whichever source."""
    return sorted(frozenset().union(*(each.user_files for each in options)))
