"""A file system that hands everything on to a folder, and in which one change fails: `python -m ... FOLDER MOUNT`.

`FOLDER.count` gets the number of changes that were asked for. It needs mfusepy and libfuse.
"""

from __future__ import annotations

import argparse
import errno
import functools
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import mfusepy

_FACTS = ("st_gid", "st_ino", "st_mode", "st_nlink", "st_size", "st_uid", "st_blocks")
_TIMES = ("st_atime", "st_ctime", "st_mtime")
_OF_DISK = (
    "f_bavail",
    "f_bfree",
    "f_blocks",
    "f_bsize",
    "f_favail",
    "f_ffree",
    "f_files",
    "f_flag",
    "f_frsize",
    "f_namemax",
)
Method = Callable[..., Any]


def change(method: Method) -> Method:
    """A method that changes something, and so may be one that fails."""

    @functools.wraps(method)
    def counted(self: Failing, *arguments: Any) -> Any:
        self.asked(method.__name__)
        return method(self, *arguments)

    return counted


class Failing(mfusepy.Operations):
    """A folder in which the change with a number, counted from 1, and as many after it as are told, fail."""

    use_ns = True

    def __init__(self, root: str, first: int, count: int, error: int) -> None:
        self._root, self._first, self._count, self._error = root, first, count, error
        self.changes: list[str] = []

    def asked(self, change: str) -> None:
        """Count a change. Raises its error where it is one that has to fail."""
        self.changes.append(change)
        if self._first <= len(self.changes) < self._first + self._count:
            raise mfusepy.FuseOSError(self._error)

    def _place(self, path: str) -> str:
        return f"{self._root}{path}"

    def access(self, path: str, mode: int) -> int:
        """Whoever mounts it may do what the owner of the folder may."""
        if not os.access(self._place(path), mode):
            raise mfusepy.FuseOSError(errno.EACCES)
        return 0

    def getattr(self, path: str, fh: int | None = None) -> dict[str, Any]:
        """Facts of a file, with its own inode number."""
        facts = os.lstat(self._place(path))
        times = {key: getattr(facts, f"{key}_ns") for key in _TIMES}
        return {**{key: getattr(facts, key) for key in _FACTS}, **times}

    def readdir(self, path: str, fh: int) -> Iterable[tuple[str, dict[str, int], int]]:
        """The names in a folder, with what they are."""
        with os.scandir(self._place(path)) as entries:
            for entry in entries:
                facts = entry.stat(follow_symlinks=False)
                yield entry.name, {"st_ino": facts.st_ino, "st_mode": facts.st_mode}, 0

    def readlink(self, path: str) -> str:
        """The target of a link."""
        return os.readlink(self._place(path))

    def statfs(self, path: str) -> dict[str, Any]:
        """How full the disk is."""
        facts = os.statvfs(self._place(path))
        return {key: getattr(facts, key) for key in _OF_DISK}

    def open(self, path: str, flags: int) -> int:
        """A descriptor."""
        return os.open(self._place(path), flags)

    @change
    def create(self, path: str, mode: int, flags: int) -> int:
        """A descriptor of a new file."""
        return os.open(self._place(path), flags | os.O_CREAT, mode)

    def read(self, path: str, size: int, offset: int, fh: int) -> bytes:
        """Bytes of a file."""
        return os.pread(fh, size, offset)

    @change
    def write(self, path: str, data: bytes, offset: int, fh: int) -> int:
        """How many bytes were written."""
        return os.pwrite(fh, data, offset)

    @change
    def truncate(self, path: str, length: int, fh: int | None = None) -> int:
        """Cut a file off, or make it longer."""
        os.truncate(self._place(path), length)
        return 0

    @change
    def fsync(self, path: str, datasync: int, fh: int) -> int:
        """Synchronise a file."""
        os.fsync(fh)
        return 0

    @change
    def fsyncdir(self, path: str, datasync: int, fh: int) -> int:
        """Synchronise a folder, which the one beneath does by itself."""
        return 0

    def release(self, path: str, fh: int) -> int:
        """Close a file."""
        os.close(fh)
        return 0

    @change
    def rename(self, old: str, new: str) -> int:
        """Rename a file."""
        os.rename(self._place(old), self._place(new))
        return 0

    @change
    def link(self, target: str, source: str) -> int:
        """Give a file a second name."""
        os.link(self._place(source), self._place(target), follow_symlinks=False)
        return 0

    @change
    def symlink(self, target: str, source: str) -> int:
        """Make a link."""
        os.symlink(source, self._place(target))
        return 0

    @change
    def mkdir(self, path: str, mode: int) -> int:
        """Make a folder."""
        os.mkdir(self._place(path), mode)
        return 0

    @change
    def unlink(self, path: str) -> int:
        """Remove a file."""
        os.unlink(self._place(path))
        return 0

    @change
    def rmdir(self, path: str) -> int:
        """Remove a folder."""
        os.rmdir(self._place(path))
        return 0

    def chmod(self, path: str, mode: int) -> int:
        """Change who may do what."""
        os.chmod(self._place(path), mode)
        return 0

    def utimens(self, path: str, times: Any = None) -> int:
        """Change the times."""
        os.utime(self._place(path), ns=times)
        return 0


def main(arguments: Sequence[str] | None = None) -> None:
    """Mount it until somebody unmounts it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=lambda text: Path(text).resolve())
    parser.add_argument("mount", type=lambda text: Path(text).resolve())
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--error", default="EIO")
    options = parser.parse_args(arguments)
    failing = Failing(str(options.folder), options.first, options.count, getattr(errno, options.error))
    try:
        mfusepy.FUSE(failing, str(options.mount), foreground=True, nothreads=True, use_ino=True)
    finally:
        options.folder.with_suffix(".count").write_text("\n".join(failing.changes))


if __name__ == "__main__":
    main()
