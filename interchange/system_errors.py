"""What the operating system has said, found in the exceptions of Python, HDF5, NumPy and TensorFlow."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass

NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
"""The disk, or the user's share of it, is full."""
NO_MEMORY = frozenset({errno.ENOMEM})

# HDF5 wraps what the system said in a sentence of its own, which names the file; Python does so in lists of errors.
_NUMBER = re.compile(r"\berrno = (\d+)|\[Errno (\d+)\]")
_HDF5_NAME = re.compile(r"\b(?:file)?name = '([^']*)'")
_CUT_SHORT = re.compile(r"\d+ requested and \d+ written")  # NumPy keeps to itself what the system said
# TensorFlow keeps the words alone, behind a path: `/models/a; No space left on device`.
_WORDS = {
    os.strerror(number): number
    for number in (
        *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.ESTALE),
        *(errno.ELOOP, errno.ENAMETOOLONG, errno.EISDIR, errno.ENOTDIR, errno.ENOENT, errno.ENOMEM, errno.EMFILE),
    )
}
_TENSORFLOW = re.compile(rf"((?<!\S)/[^;]*|[^\s;]*); ({'|'.join(map(re.escape, _WORDS))})")


@dataclass(frozen=True)
class Said:
    """The number of an error, and the path that it is about, which is empty where nobody tells."""

    number: int
    path: str = ""

    @property
    def words(self) -> str:
        """As the system puts it."""
        return os.strerror(self.number)


def said(error: BaseException) -> Said | None:
    """What the system said, if this exception or one that it comes from tells."""
    return next(filter(None, map(told_by, causes(error))), None)


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """The exception, what it was raised from, and so on, until one comes again."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def told_by(error: BaseException) -> Said | None:
    """What the system said, if this exception itself tells."""
    if isinstance(error, OSError) and error.errno:
        return Said(error.errno, _path(error.filename) or _named(str(error)))
    if isinstance(error, (OSError, RuntimeError)):
        return _in_words_of_hdf5(str(error))
    if type(error).__module__.partition(".")[0] == "tensorflow" and (told := _TENSORFLOW.search(str(error))):
        return Said(_WORDS[told[2]], told[1])
    return None


def _in_words_of_hdf5(text: str) -> Said | None:
    if number := _NUMBER.search(text):
        return Said(int(number[1] or number[2]), _named(text))
    return Said(errno.ENOSPC) if _CUT_SHORT.search(text) else None


def _named(text: str) -> str:
    found = _HDF5_NAME.search(text)
    return found[1] if found else ""


def _path(name: object) -> str:
    """A name as Python tells it, which may be a descriptor as well."""
    return os.fsdecode(name) if isinstance(name, (str, bytes, os.PathLike)) else ""
