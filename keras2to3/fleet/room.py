"""Disk of the machine that runs a shard: its sources are downloaded a part at a time, as many as it has room for."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from interchange.errors import Exit, Failure
from keras2to3.fleet.entries import Entry
from keras2to3.fleet.planning import MOST_BYTES

_TIMES = 3  # a source takes its size, and what it becomes on the way to its result about twice that


def parts(entries: Sequence[Entry], free: int) -> Iterator[list[Entry]]:
    """The entries in their order, in parts that lie on a disk with so many free bytes one after the other."""
    part: list[Entry] = []
    size = 0
    for entry in entries:
        if part and (size + entry.size > MOST_BYTES or (size + entry.size) * _TIMES > free):
            yield part
            part, size = [], 0
        part.append(entry)
        size += entry.size
    if part:
        yield part


def fits(entry: Entry, free: int) -> bool:
    """Whether a source fits on a disk by itself."""
    return entry.size * _TIMES <= free


def failure(entry: Entry, free: int) -> Failure:
    """Why a source was left out that does not fit."""
    needed, folder = _told(entry.size * _TIMES), tempfile.gettempdir()
    text = f"{entry.source} was left out: it needs about {needed} of disk, and {folder} has {_told(free)} free"
    hint = "let TMPDIR name a folder with more room, and run its shard again with --retry-quarantined"
    return Failure(Exit.WORKER_DIED, text, hint)


def free(folder: Path) -> int:
    """The bytes that may be written to a folder."""
    return shutil.disk_usage(folder).free


def _told(size: int) -> str:
    return f"{size / (1 << 30):.1f} GB" if size >= 1 << 30 else f"{max(1, size >> 20)} MB"
