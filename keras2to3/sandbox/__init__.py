"""The sandbox of a worker: no network, read access to the sources, write access to its own folders, and limits.

A launcher restricts itself and then becomes the worker, because restrictions survive `exec`. The report lists the
restrictions in force and those that are missing.
"""

from __future__ import annotations

import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

LAUNCHER = Path(__file__).resolve().parent / "__main__.py"
RESTRICTIONS = ("filesystem", "network", "processes", "memory", "cpu", "file_size", "threads", "disk")
GIB = 1 << 30

# Enough for any model that fits the machine; a worker that needs more fails for that model only.
_SHARE_OF_MEMORY = 0.75
_STARTING_SECONDS = 300  # to import TensorFlow from a slow disk, not yet compiled


@dataclass(frozen=True)
class SandboxSpec:
    """The paths a worker may read and write below, its memory and largest file in bytes, and its seconds for a model.

    It may list the names in the `listed` folders. A path that is a symbolic link, or neither a file nor a folder, is
    not granted. `allow_missing` names the `RESTRICTIONS` that may be missing.
    """

    read: tuple[str, ...]
    write: tuple[str, ...]
    memory: int
    seconds: float
    allow_missing: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()

    @property
    def cpu_seconds(self) -> int:
        """Twice the time to start and to process one model on every core. One with less than half left is replaced.

        The kernel enforces it, so it ends a worker even if the command is gone.
        """
        return 2 * (_STARTING_SECONDS + math.ceil(self.seconds * (os.cpu_count() or 1)))

    @property
    def threads(self) -> int:
        """How many threads it may have: TensorFlow's pools have one for a core each."""
        return 1024 + 8 * (os.cpu_count() or 1)

    @property
    def resident(self) -> int:
        """Bytes of memory it may fill: its data, and some for stacks and the like."""
        return self.memory + GIB // 4

    @property
    def disk(self) -> int:
        """Bytes on the disk at any time: a few models, for some wait for the other worker."""
        return 2 * self.memory

    @property
    def written(self) -> int:
        """Bytes that it may write for a model, however often one file."""
        return 4 * self.disk

    @property
    def files(self) -> int:
        """Files and folders that it may have at any time."""
        return 1 << 16

    def is_spent(self, pid: int) -> bool:
        """Whether a worker with this process id has too little left for another model."""
        if sys.platform != "linux":
            return False
        clock = (~pid << 3) | 2  # how Linux names the clock of another process
        try:
            return time.clock_gettime(clock) > self.cpu_seconds / 2
        except OSError:  # it has just died
            return False

    def to_file(self) -> IO[bytes]:
        """The file that the launcher reads; it has no name, so that no other process can change it."""
        file = tempfile.TemporaryFile()  # noqa: SIM115  (the caller closes it)
        file.write(json.dumps({**asdict(self), "cpu_seconds": self.cpu_seconds}).encode("ascii"))
        file.seek(0)
        return file


def usual_memory() -> int:
    """The default limit of a worker's memory in bytes."""
    return int(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") * _SHARE_OF_MEMORY)


def missing(report: Mapping[str, Any]) -> dict[str, str]:
    """The restrictions that are missing and why, as a launcher has reported them."""
    return {name: report["missing"][name] for name in RESTRICTIONS if report["held"].get(name, "") is None}
