"""A slice of a file that is read like a file of its own, such as HDF5 inside an archive."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True)
class FileSlice:
    """The `size` bytes from byte `start` of what `reopen` opens."""

    reopen: Callable[[], BinaryIO]
    start: int
    size: int
    whole: Path | None = None  # the file, where the window is all of it

    @classmethod
    def of(cls, path: Path, size: int) -> FileSlice:
        """A whole file."""
        return cls(lambda: path.open("rb"), 0, size, path)

    def open(self) -> SliceReader:
        """Open the slice as a file with its own position; the caller closes it."""
        return SliceReader(self.reopen(), self.start, self.size)


class SliceReader(io.RawIOBase):
    """A read-only file that is a slice of another."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        """Owns `file`."""
        self.file, self.start, self.size = file, start, size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = offset + {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill the buffer from where we are, without moving the file below."""
        room = memoryview(buffer).cast("B")[: max(0, self.size - self._at)]
        count = os.preadv(self.file.fileno(), [room], self.start + self._at) if len(room) else 0
        self._at += count
        return count

    def close(self) -> None:
        self.file.close()
        super().close()
