"""The processes that a command has started."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Collection
from pathlib import Path

SECONDS = 60


def workers_of(pid: int) -> dict[str, int]:
    """Process ids of the workers a command has started, by module; none of a command that has ended."""
    found: dict[str, int] = {}
    with contextlib.suppress(OSError):  # one of them ends while it is looked at
        # A child belongs to the thread that started it.
        children = [path.read_text().split() for path in Path(f"/proc/{pid}/task").glob("*/children")]
        for child in itertools.chain(*children):
            words = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
            if "-m" in words:
                found[words[words.index("-m") + 1]] = int(child)
    return found


def are_gone(pids: Collection[int], seconds: float = SECONDS) -> bool:
    """Whether all have ended, or do within so many seconds."""
    deadline = time.monotonic() + seconds
    while any(map(is_running, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(map(is_running, pids))


def is_running(pid: int) -> bool:
    """Whether a process is there, and does not only wait to be collected."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
