"""One process at a time, by a lock on a file."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

_POLL_SECONDS = 0.2


@contextlib.contextmanager
def exclusive(path: Path, on_wait: Callable[[], None]) -> Iterator[None]:
    """Lock `path` for this process. The system releases the lock when the process dies, so it never goes stale."""
    with path.open("a") as handle:
        if not _try_lock(handle.fileno()):
            on_wait()
            while not _try_lock(handle.fileno()):
                time.sleep(_POLL_SECONDS)
        yield


@contextlib.contextmanager
def exclusive_or_none(path: Path) -> Iterator[bool]:
    """Lock `path` for this process if no other has it; whether it is locked."""
    with path.open("a") as handle:
        yield _try_lock(handle.fileno())


def _try_lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
