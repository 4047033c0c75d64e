"""Resource limits that every Unix has, which the kernel enforces."""

from __future__ import annotations

import contextlib
import errno
import resource
import sys
from pathlib import Path

_GIB = 1 << 30
_OPEN_FILES = 1024
_NO_CORE = 1  # byte: too small for any core dump; unlike 0 it also applies to a program that collects them


def lower(limit: int, soft: int, hard: int | None = None) -> None:
    """Set a limit permanently; a lower one stays."""
    _, ceiling = resource.getrlimit(limit)
    hard = soft if hard is None else hard
    hard = hard if ceiling == resource.RLIM_INFINITY else min(hard, ceiling)
    resource.setrlimit(limit, (min(soft, hard), hard))


def limit_memory(size: int) -> str:
    """Limit the memory that a process fills; its address space, including mapped files, may be twice as large."""
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, f"{sys.platform} keeps no such limit")
    lower(resource.RLIMIT_DATA, size)
    lower(resource.RLIMIT_AS, 2 * size)
    with contextlib.suppress(OSError):  # if memory still runs out, the kernel ends this process first
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    return f"rlimit {size / _GIB:.1f} GiB"


def limit_cpu(seconds: int) -> str:
    """Limit the processor time on all cores; one second later the kernel kills the process."""
    if sys.platform != "linux":
        raise OSError(errno.ENOSYS, f"{sys.platform} does not report how much of it a worker has used")
    lower(resource.RLIMIT_CPU, seconds, seconds + 1)
    return f"rlimit {seconds} s"


def limit_files(size: int) -> str:
    """Limit the size of each file and the number of open files, and disable core dumps."""
    lower(resource.RLIMIT_FSIZE, size)
    lower(resource.RLIMIT_CORE, _NO_CORE)
    lower(resource.RLIMIT_NOFILE, _OPEN_FILES)
    return f"rlimit {size / _GIB:.1f} GiB"


def forbid_processes() -> str:
    """Forbid new processes, where the limit does not count threads."""
    if sys.platform != "darwin":
        raise OSError(errno.ENOSYS, "it would count threads, and those of all programs of the user")
    lower(resource.RLIMIT_NPROC, 0)
    return "rlimit"
