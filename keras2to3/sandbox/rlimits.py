"""Limits that every Unix has: what a process may take before the kernel stops it."""

from __future__ import annotations

import contextlib
import errno
import resource
import sys
from pathlib import Path

_GIB = 1 << 30
_OPEN_FILES = 1024
_NO_CORE = 1  # byte: none is as small, and unlike 0 it holds for a program that collects them, too


def lower(limit: int, soft: int, hard: int | None = None) -> None:
    """Set a limit for good; one that is lower already stays."""
    _, ceiling = resource.getrlimit(limit)
    hard = soft if hard is None else hard
    hard = hard if ceiling == resource.RLIM_INFINITY else min(hard, ceiling)
    resource.setrlimit(limit, (min(soft, hard), hard))


def limit_memory(size: int) -> str:
    """Limit what a process fills itself; all it may address, mapped files among it, is twice as much."""
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, f"{sys.platform} keeps no such limit")
    lower(resource.RLIMIT_DATA, size)
    lower(resource.RLIMIT_AS, 2 * size)
    with contextlib.suppress(OSError):  # should memory run out all the same, it is not the others that pay
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    return f"rlimit {size / _GIB:.1f} GiB"


def limit_cpu(seconds: int) -> str:
    """Limit the time on all cores; a second later comes the signal that cannot be ignored."""
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, f"{sys.platform} does not report how much of it a worker has used")
    lower(resource.RLIMIT_CPU, seconds, seconds + 1)
    return f"rlimit {seconds} s"


def limit_files(size: int) -> str:
    """Limit the size of any one file and how many are open, and leave no core dumps."""
    lower(resource.RLIMIT_FSIZE, size)
    lower(resource.RLIMIT_CORE, _NO_CORE)
    lower(resource.RLIMIT_NOFILE, _OPEN_FILES)
    return f"rlimit {size / _GIB:.1f} GiB"


def forbid_processes() -> str:
    """Start no process any more: where threads do not count, a limit of none means just that."""
    if sys.platform != "darwin":
        raise OSError(errno.ENOSYS, "it would count threads, and those of all programs of the user")
    lower(resource.RLIMIT_NPROC, 0)
    return "rlimit"
