"""Measure what the kernel does not limit for a process: its threads, all kinds of memory, and its disk space."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

_KIB = 1024
_BLOCK = 512  # the unit of st_blocks on every file system
_DEPTH = 64  # folders within folders; our own are never as deep
_GONE = (errno.ENOENT, errno.ENOTDIR, errno.ESRCH)


def threads_and_memory(pid: int) -> tuple[int, int]:
    """The threads of a process, and its bytes of memory without pages of files. Raises OSError if it is gone."""
    lines = (
        Path(f"/proc/{pid}/status").read_text("ascii", "replace").split("\n")
    )  # a name may hold any other end of a line
    facts = dict(line.split(":", 1) for line in lines if ":" in line)
    filled = sum(int(facts[key].split()[0]) for key in ("RssAnon", "RssShmem", "VmSwap") if key in facts)
    return int(facts["Threads"]), filled * _KIB


def written(pid: int) -> int:
    """The bytes a process has written in its life, by its own count or by its pages. Raises OSError if unavailable."""
    lines = Path(f"/proc/{pid}/io").read_text("ascii").split("\n")
    facts = dict(line.split(": ", 1) for line in lines if ": " in line)
    return max(int(facts["wchar"]), int(facts["write_bytes"]))


def on_disk(pid: int, folders: Iterable[str]) -> tuple[int, int]:
    """Files below folders, and files without a name that a process has open: their number, and bytes on the disk.

    Raises OSError for a folder that cannot be read or is too deep.
    """
    sizes = [*_below(folders), *_without_name(pid)]
    return len(sizes), sum(sizes)


def _below(folders: Iterable[str]) -> Iterator[int]:
    waiting = [(folder, 0) for folder in folders]
    while waiting:
        folder, depth = waiting.pop()
        if depth > _DEPTH:
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), folder)
        for entry in _entries(folder):
            facts = _facts(entry)
            if facts is not None and stat.S_ISDIR(facts.st_mode):
                waiting.append((entry.path, depth + 1))
            yield facts.st_blocks * _BLOCK if facts else 0


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        if error.errno not in _GONE:
            raise
        return []


def _facts(entry: os.DirEntry[str]) -> os.stat_result | None:
    try:
        return entry.stat(follow_symlinks=False)
    except OSError as error:
        if error.errno not in _GONE:
            raise
        return None


def _without_name(pid: int) -> Iterator[int]:
    for entry in _entries(f"/proc/{pid}/fd"):
        try:
            facts = entry.stat()
        except OSError:  # it has just been closed
            continue
        if stat.S_ISREG(facts.st_mode) and facts.st_nlink == 0:
            yield facts.st_blocks * _BLOCK
