"""What the processes of a worker print. It is never parsed: all goes to the log, and its end into a failure."""

from __future__ import annotations

import contextlib
import logging
import os
from pathlib import Path
from typing import IO

from keras2to3.reports.verdict import printable

_LOGGER = logging.getLogger("keras2to3")  # that of `--log-file`
_LINES = 15
_BYTES = 16_384  # of the end of the file, and of what is told at once: a process may print without end


class WorkerLog:
    """The file of standard output and error of one process after another."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._told = 0  # up to this byte

    def begin(self) -> IO[bytes]:
        """The file, emptied for another process."""
        self._told = 0
        return _opened(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)

    def end(self) -> str:
        """The last lines."""
        with contextlib.suppress(OSError), _opened(self.path, os.O_RDONLY) as file:
            return "\n".join(_rest(file, 0)[-_LINES:])
        return ""

    def tell(self, speaker: str) -> None:
        """Log what has been printed since the last time, or the end of it."""
        if _LOGGER.isEnabledFor(logging.DEBUG):
            with contextlib.suppress(OSError), _opened(self.path, os.O_RDONLY) as file:
                for line in _rest(file, self._told):
                    _LOGGER.debug("%s: %s", speaker, printable(line))
                self._told = file.tell()


def _rest(file: IO[bytes], begin: int) -> list[str]:
    """The lines from a byte on, or the last of them."""
    file.seek(max(begin, os.fstat(file.fileno()).st_size - _BYTES))
    return file.read(_BYTES).decode("utf-8", "replace").splitlines()


def _opened(path: Path, flags: int) -> IO[bytes]:
    """Open a file, but follow no link in its place, and wait for no pipe."""
    descriptor = os.open(path, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    return os.fdopen(descriptor, "wb" if flags & os.O_WRONLY else "rb")
