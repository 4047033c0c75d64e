"""Copy what a worker has written: regular files only, which it cannot change any more, and no links.

Only the last name of a path that is given here may be a worker's doing: whatever is above it is ours alone.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from keras2to3.results.deletion import closing, folder_flags

_CLONE = 0x40049409  # FICLONE: one file shares the blocks of another until either is written to
_BLOCK = 1 << 20
_MOST_FILES, _MOST_LEVELS = 10_000, 8


class NotRegularError(Exception):
    """Not a regular file, or not a folder of regular files; the message says what it is instead."""


def file(folder: Path, name: str, target: Path) -> str:
    """Copy the file `name` in a folder to `target`, which must not exist; returns the SHA-256 of the copy.

    Raises NotRegularError, and OSError for a target that cannot be written.
    """
    with _opened(folder) as above, _plain(name, above) as source:
        return _copy(source, target)


def folder(path: Path, target: Path) -> None:
    """Copy a folder of regular files and folders to `target`, which must not exist; raises as `file`."""
    with _opened(path) as top:
        _copy_below(top, target, iter(range(_MOST_FILES)), _MOST_LEVELS)


def require_plain(path: Path) -> None:
    """Raise NotRegularError for what `folder` would not copy."""
    with _opened(path) as top:
        _copy_below(top, None, iter(range(_MOST_FILES)), _MOST_LEVELS)


def _copy_below(above: int, target: Path | None, left: Iterator[int], levels: int) -> None:
    """Copy the content of a folder, or without a `target` only check it."""
    if target:
        target.mkdir()
    for name in sorted(os.listdir(above)):
        if next(left, None) is None:
            raise NotRegularError(f"a folder of more than {_MOST_FILES:,} files")
        if not stat.S_ISDIR(os.stat(name, dir_fd=above, follow_symlinks=False).st_mode):
            with _plain(name, above) as source:
                if target:
                    _copy(source, target / name)
        elif levels:
            with _opened(name, above) as inner:
                _copy_below(inner, target and target / name, left, levels - 1)
        else:
            raise NotRegularError(f"a folder of more than {_MOST_LEVELS} levels")


def _copy(source: int, target: Path) -> str:
    """Holes of a sparse file stay holes in the copy."""
    import fcntl  # Windows has none, and imports this module

    size, state = os.fstat(source).st_size, hashlib.sha256()
    with target.open("x+b") as copy:
        with contextlib.suppress(OSError):  # most file systems cannot
            fcntl.ioctl(copy, _CLONE, source)
            source = copy.fileno()
        at = 0
        while at < size and (block := os.pread(source, min(_BLOCK, size - at), at)):
            state.update(block)
            if source != copy.fileno() and block.strip(b"\0"):
                copy.seek(at)
                copy.write(block)
            at += len(block)
        copy.truncate(at)
    return state.hexdigest()


@contextlib.contextmanager
def _opened(name: str | Path, above: int | None = None) -> Iterator[int]:
    with closing(_open(name, folder_flags(), above)) as descriptor:
        yield descriptor


@contextlib.contextmanager
def _plain(name: str, above: int) -> Iterator[int]:
    with closing(_open(name, _file_flags(), above)) as descriptor:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
            raise NotRegularError("not a plain file, or a hard link")
        yield descriptor


def _file_flags() -> int:
    """How a file is opened: without following a link, and without waiting for the writer of a pipe."""
    return os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def _open(name: str | Path, flags: int, above: int | None) -> int:
    try:
        return os.open(name, flags, dir_fd=above)
    except OSError as error:
        if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOMEM):
            raise
        raise NotRegularError(_REASONS.get(error.errno or 0, os.strerror(error.errno or 0))) from error


_REASONS = {
    errno.ENOENT: "nothing", errno.ELOOP: "a link", errno.ENOTDIR: "a link or no folder", errno.ENXIO: "a socket",
    errno.EACCES: "what may not be read",
}  # fmt: skip
