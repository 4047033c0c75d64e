"""The command's end of the scan: a sandboxed process that reads the sources, and limits that are the sources' fault."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from interchange import json_floats
from interchange.errors import Exit, Failure, failure_of, refused
from interchange.messages.details import Picture
from keras2to3 import install_paths
from keras2to3.executors.worker import Worker
from keras2to3.options.by_source import OptionsBySource
from keras2to3.options.commands import CheckOptions, InspectOptions, Options, RollbackOptions
from keras2to3.results.file_state import read_by_workers
from keras2to3.sandbox import GIB, SandboxSpec
from keras2to3.scanner.containers import INDEX_SUFFIX, is_tfjs
from keras2to3.scanner.model_files import files_of
from keras2to3.scanner.policies import Policy
from keras2to3.scanner.process.messages import ScanRequest, ScanResult
from keras2to3.sources import Source

Say = Callable[[str], None]

RESULTS_FOLDER = "desk"
"""The folder in that of a run in which results lie, of which the scanner reads all."""
SECONDS = 60.0
"""The default time limit for scanning one source, in seconds."""
MEMORY = 2 * GIB
"""Bytes that scanning may fill: the largest graph that is read has a quarter of them."""

_BYTES_PER_SECOND = 50 << 20  # of a digest, on the slowest of disks
_MODULE = "keras2to3.scanner.process"


@dataclass(frozen=True)
class ScanLimits:
    """The limits for scanning one source, in seconds and bytes of memory, and what its sandbox may lack."""

    seconds: float = SECONDS
    memory: int = MEMORY
    allow_missing: tuple[str, ...] = ()


def scanner_for(
    options: Options | CheckOptions | InspectOptions, sources: Sequence[Source], folder: Path, warn: Say
) -> Scanner:
    """A scanner for the sources of a run, working in `folder`.

    It reads the architecture and the files that replace layers as well, for what they define, and all results.
    """
    named: list[Path] = []
    if isinstance(options, Options):
        named.append(_make_results_folder(folder))
    if not isinstance(options, InspectOptions):
        for own in OptionsBySource(options).all(source.path for source in sources):
            named += [*filter(None, [own.architecture]), *(Path(replacement.file) for replacement in own.replace)]
    if isinstance(options, RollbackOptions) and options.origin:
        named.append(options.origin)
    reads = [path for name in (*(source.path for source in sources), *named) for path in read_by_workers(name)]
    listed = [
        path.parent for path in reads if path.suffix == INDEX_SUFFIX or is_tfjs(path)
    ]  # to find their other files
    limits = ScanLimits(options.scan_timeout, allow_missing=options.allow_missing_sandbox)
    return Scanner(folder / "scan", reads, listed, limits, warn)


def _make_results_folder(folder: Path) -> Path:
    """Create the folder of results, because access is granted only to paths that exist when the process starts."""
    try:
        (desk := folder.resolve() / RESULTS_FOLDER).mkdir()
    except OSError as error:
        raise failure_of(error) from error
    return desk


@dataclass(frozen=True)
class Configs:
    """The `architecture` of a source, and how its model was compiled; None for what it does not say."""

    architecture: Mapping[str, Any] | None = None
    training: Mapping[str, Any] | None = None


class Scanner:
    """One process for all sources. It starts with the first request, and again after a source that made it crash.

    It may read the files in `reads` and no other of the user's. Threads take turns. Every method raises `Failure`:
    `REFUSED` for a source that exceeds `limits` or crashes the process, and any failure of the scan.
    """

    def __init__(
        self, folder: Path, reads: Iterable[Path], listed: Iterable[Path], limits: ScanLimits, warn: Say
    ) -> None:
        """Works in `folder`, which need not exist yet; `listed` are folders of which it may see the names.

        All paths are absolute and hold no link.
        """
        self._folder, self._limits, self._warn = folder, limits, warn
        self._reads, self._listed = (tuple(dict.fromkeys(map(str, paths))) for paths in (reads, listed))
        self._lock = threading.Lock()
        self._worker: Worker | None = None
        self._stopped = False
        self._too_much: set[Path] = set()

    def scan(self, request: ScanRequest) -> ScanResult:
        """The facts of a source, if it may be migrated."""
        return ScanResult(**self._ask("scan", request.path, request.to_json()))

    def configs(self, request: ScanRequest) -> Configs:
        """The architecture from which the exporter builds the model, and how the model was compiled."""
        answer = self._ask("configs", request.path, request.to_json())
        return Configs(json_floats.read(answer["architecture"]), json_floats.read(answer["training_config"]))

    def check(self, request: ScanRequest) -> Mapping[str, Any]:
        """The report of a dry run, as its fields."""
        return self._ask("check", request.path, request.to_json())

    def inspect(self, path: Path, *, as_json: bool) -> Mapping[str, Any]:
        """An inspection, as a `row` of JSON or as a `line` with the lines below it, and its `exit_code`."""
        return self._ask("inspect", path, {**_path_request(path), "json": as_json})

    def picture(self, request: ScanRequest) -> Picture | None:
        """The layers of a source as its file tells them, also of one that is refused; None if they cannot be read.

        A source that was too much for the process once is not read again.
        """
        if request.path in self._too_much:
            return None
        try:
            found = self._ask("picture", request.path, request.to_json())["picture"]
        except Failure:  # the report has said already what is wrong with it
            return None
        return found and Picture.from_json(found)

    def digest(self, path: Path) -> str:
        """The SHA-256 of a file or folder, for which a large one has more time."""
        more = _allocated(path) / _BYTES_PER_SECOND
        return str(self._ask("digest", path, _path_request(path), more)["sha256"])

    def result(self, path: Path, names: Iterable[str]) -> Mapping[str, Any]:
        """The `format` of a new model, and the first violation in it (`broken`), except by the user classes `names`."""
        return self._ask("result", path, {**_path_request(path), "names": sorted(names)})

    def is_weights(self, path: Path) -> bool:
        """Whether a file holds weights alone."""
        try:
            return bool(self._ask("is-weights", path, _path_request(path))["is_weights"])
        except Failure as failure:
            if failure.code is not Exit.REFUSED:
                raise
            return False

    def stop(self) -> None:
        """End the process at once; a caller that waits for its answer gets a failure."""
        self._stopped = True
        if worker := self._worker:
            worker.stop()

    def close(self) -> None:
        """Stop, and close the pipes; no request may be running."""
        self.stop()
        if self._worker:
            self._worker.close()

    def _ask(self, op: str, path: Path, request: Mapping[str, Any], more: float = 0.0) -> Mapping[str, Any]:
        with self._lock:
            worker, begun = self._running_worker(), time.monotonic()
            try:
                return worker.ask({"op": op, **request}, _no_progress, self._limits.seconds + more)
            except Failure as failure:
                if failure.code is not Exit.WORKER_DIED:
                    raise
                self._too_much.add(path)
                late = time.monotonic() - begun >= self._limits.seconds + more
                raise self._refusal(path, late, failure) from None

    def _running_worker(self) -> Worker:
        if self._stopped:
            raise Failure(Exit.INTERRUPTED, "interrupted")
        if self._worker is None:
            path = install_paths.import_path()
            read = (*self._reads, *install_paths.own_code(), *path)
            limits = self._limits
            box = SandboxSpec(read, (), limits.memory, limits.seconds, limits.allow_missing, self._listed)
            self._worker = Worker(_MODULE, Path(sys.executable), self._folder, box, self._warn, path)
        return self._worker

    def _refusal(self, path: Path, late: bool, failure: Failure) -> Failure:
        """A source that exceeds the limits or crashes the scanner is refused: no real model is known to do so."""
        if late:
            text = f"scanning it took more than {self._limits.seconds:g} s"
            broken = Policy.LIMITS.violation("", path.name, text)
            hint = "If it is a large model that you trust, give the scan more time with --scan-timeout."
        else:
            text = "the process that scanned it crashed"
            broken = Policy.FORM.violation("", path.name, text)
            hint = "Copy or download it again, or let Keras save the model again."
        failure_of_source = refused([broken], f"{path} cannot be scanned: {text}.", hint)
        return Failure(
            failure_of_source.code, failure_of_source.message, hint, failure_of_source.problems, failure.detail
        )


def _path_request(path: Path) -> dict[str, Any]:
    """A path, and the current folder of the user."""
    return {"folder": str(Path.cwd()), "path": str(path)}


def _no_progress(_: str) -> None:
    """A scan reports no progress."""


def _allocated(path: Path) -> int:
    """Bytes on the disk of a file, or of the files of a folder; what a file only declares is not counted."""
    places = files_of(path) if path.is_dir() else read_by_workers(path)
    return sum(place.lstat().st_blocks * 512 for place in places if place.exists())
