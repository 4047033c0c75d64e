"""A thread that watches a worker and kills it when it exceeds limits that the kernel does not enforce."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence

from keras2to3.sandbox import GIB, SandboxSpec, usage

WATCHED = ("threads", "disk")
_SECONDS = 0.25  # between two checks
_HOSTILE = "treat this model as hostile"
_MORE_ROOM = "raise --memory, which also limits what the workers write"
_MORE_MEMORY = "raise --memory"

Cause = tuple[str, str]
"""Why a worker is stopped, and what to do."""


class Watchdog:
    """Checks a process until it ends; `cause` is the reason why it was killed, if it was.

    `missing` maps a restriction to the reason if this system cannot measure it.
    """

    def __init__(self, process: subprocess.Popen[bytes], box: SandboxSpec, folders: Sequence[str]) -> None:
        self.cause: Cause | None = None
        self._process, self._box, self._folders = process, box, folders
        self._written_before = 0
        self._files_before, self._size_before = self._count_existing()
        self._over = threading.Event()
        self.missing = self._missing()
        self._thread = threading.Thread(target=self._watch, name="watch", daemon=True)
        if self.missing.keys() != set(WATCHED):
            self._thread.start()

    @property
    def in_force(self) -> dict[str, str | None]:
        """What enforces its restrictions, as a launcher reports the others."""
        return {name: None if name in self.missing else "watched" for name in WATCHED}

    def begin(self) -> None:
        """Start counting written bytes for the next model."""
        with contextlib.suppress(OSError, ValueError, KeyError):
            self._written_before = usage.written(self._process.pid)

    def end(self) -> None:
        """Stop checking: the process has ended or is no longer needed."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()

    def _count_existing(self) -> tuple[int, int]:
        """Files that exist already do not count. If they cannot be counted, only written bytes do."""
        try:
            return usage.on_disk(self._process.pid, self._folders)
        except OSError:
            self._folders = ()
            return 0, 0

    def _missing(self) -> dict[str, str]:
        measures = zip(WATCHED, (usage.threads_and_memory, usage.written))
        reasons = {name: self._reason(measure) for name, measure in measures}
        return {name: reason for name, reason in reasons.items() if reason}

    def _reason(self, measure: Callable[[int], object]) -> str | None:
        """Why a quantity of the process cannot be measured; None if it can, or if the process is gone."""
        try:
            measure(self._process.pid)
        except (OSError, KeyError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            return None if self._process.poll() is not None else f"{sys.platform} does not report it: {reason}"
        return None

    def _watch(self) -> None:
        """Kill the process when it exceeds a limit or cannot be measured."""
        try:
            while self.cause is None and not self._over.wait(_SECONDS) and self._process.poll() is None:
                self.cause = self._exceeded()
        except Exception as error:  # noqa: BLE001
            self.cause = f"was stopped because it cannot be watched: {error}", _HOSTILE
        if self.cause:
            self._process.kill()

    def _exceeded(self) -> Cause | None:
        pid = self._process.pid
        try:
            running = (0, 0) if "threads" in self.missing else usage.threads_and_memory(pid)
            written = 0 if "disk" in self.missing else usage.written(pid)
            usage_now = *running, written, *usage.on_disk(pid, self._folders)
        except (FileNotFoundError, ProcessLookupError, KeyError):
            return None  # it has ended, which its channel shows
        except OSError as error:
            return f"was stopped because it hides what it has written: {error}", _HOSTILE
        before = (0, 0, self._written_before, self._files_before, self._size_before)
        return exceeded(self._box, *(now - then for now, then in zip(usage_now, before)))


def exceeded(box: SandboxSpec, threads: int, memory: int, written: int, files: int, size: int) -> Cause | None:
    """Why a process that uses this much is killed; None if it is within the limits of its sandbox.

    It fills `memory` bytes, has written so many for this model, and `size` bytes of its lie on the disk.
    """
    room = box.disk if size > box.disk else box.written
    reasons = [
        (threads > box.threads, f"it had {threads:,} threads; {box.threads:,} are allowed", _HOSTILE),
        (memory > box.resident, f"it filled more than {box.memory / GIB:g} GiB of memory", _MORE_MEMORY),
        (files > box.files, f"it had {files:,} files; {box.files:,} are allowed", _HOSTILE),
        (size > box.disk or written > box.written, f"it had written more than {room / GIB:g} GiB", _MORE_ROOM),
    ]
    return next(((f"was stopped because {reason}", hint) for is_over, reason, hint in reasons if is_over), None)
