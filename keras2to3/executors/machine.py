"""What the machine has to give: how many pairs of workers suit its cores and memory, and what a process fills."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from interchange.errors import Failure
from keras2to3.executors.worker_environment import THREADS
from keras2to3.sandbox import GIB, usual_memory
from keras2to3.scanner.model_files import files_of

# What one worker fills: TensorFlow and what it compiles, and the weights as they come, as they go, and in use. The file
# of a compiled model holds what its optimizer keeps as well, which counts like weights.
_OWN_MEMORY = GIB
_COPIES = 3

_CONTROL_GROUP = Path("/sys/fs/cgroup")  # of the container, if there is one


def pairs(sources: Sequence[Path]) -> int:
    """How many pairs of workers suit these sources here, at least one."""
    if len(sources) < 2 or cores() < 2 * THREADS:
        return 1
    return suitable(cores(), memory(), max(map(_size, sources)))


def suitable(cores: int, memory: int, largest: int) -> int:
    """How many pairs of workers suit a machine, for sources of at most `largest` bytes.

    The threads of both workers of a pair are counted once, for they seldom compute at the same time.
    """
    return max(1, min(cores // THREADS, memory // (2 * (_OWN_MEMORY + _COPIES * largest))))


def cores() -> int:
    """The cores that this process may use."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    share = _numbers("cpu.max")  # microseconds of work in so many of time
    return max(1, min(count, share[0] // share[1])) if len(share) == 2 else count


def memory() -> int:
    """The bytes that all workers together should fill at most."""
    return min([usual_memory(), *_numbers("memory.max")])


def _numbers(name: str) -> list[int]:
    """What the control group says; nothing where it sets no limit, or where there is none."""
    with contextlib.suppress(OSError, ValueError):
        return [int(word) for word in (_CONTROL_GROUP / name).read_text("ascii").split()]
    return []


def _size(path: Path) -> int:
    """Bytes of a file, or of all files of a folder; of what is not there none."""
    with contextlib.suppress(OSError, Failure):  # which whoever looks at it will tell
        files: Iterable[Path] = files_of(path) if path.is_dir() else [path]
        return sum(file.stat().st_size for file in files)
    return 0


def memory_of(pid: int) -> Mapping[str, float]:
    """MiB that the process fills now and has filled at most, without pages of files; empty where it is unknown.

    The system does not tell how many pages of files there were at the peak, so those of now are subtracted.
    """
    with contextlib.suppress(OSError, ValueError, KeyError):
        lines = Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines()
        facts = dict(line.split(":", 1) for line in lines)
        filled, peak, of_files = (int(facts[key].split()[0]) for key in ("RssAnon", "VmHWM", "RssFile"))
        return {"filled": round(filled / 1024, 1), "peak": round((peak - of_files) / 1024, 1)}
    return {}
