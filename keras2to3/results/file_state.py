"""Whether a file or folder is unchanged since it was scanned, by its metadata, and copies of it."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from interchange.errors import Exit, Failure
from keras2to3.scanner.containers import companion_files
from keras2to3.scanner.model_files import digest_of, files_of

State = tuple[tuple[str, tuple[int, ...] | None], ...]
"""Each path with device, inode, kind, size and times in nanoseconds of its last changes; None if it does not exist."""

_HINT = "Migrate it again when no other program writes to it."


def state_of(paths: Iterable[Path]) -> State:
    """The state of files, and of folders with everything below them.

    The time of the last change of an inode cannot be set back by whoever writes to it. Raises `Failure(UNREADABLE)`
    for a folder of more files than a model has.
    """
    return tuple((str(place), _facts(place)) for path in paths for place in _places(path))


def require_same(before: State, paths: Iterable[Path]) -> None:
    """Raise `Failure(UNREADABLE)` with the first path that has changed."""
    now = state_of(paths)
    if now == before:
        return
    changed = sorted({path for path, _ in set(before) ^ set(now)})
    raise Failure(Exit.UNREADABLE, f"{changed[0]} changed after it was scanned.", _HINT)


def read_by_workers(path: Path) -> list[Path]:
    """The paths that a worker reads for a source: the file or folder, and the shards of a checkpoint.

    A folder that cannot be listed adds nothing: reading the source reports why.
    """
    real = Path(os.path.realpath(path))
    companions: list[Path] = []
    with contextlib.suppress(OSError):
        companions += companion_files(real)
    return [real, *companions]


def copy_of(source: Path, target: Path, sha256: str) -> None:
    """Copy a file, or the regular files of a folder, without following a link to another one below it.

    Raises `Failure(UNREADABLE)` if the copy is not what `sha256` says was scanned.
    """
    if source.is_dir():
        for file in files_of(source):
            place = target / file.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            _copy(file, place)
    else:
        target.parent.mkdir(parents=True, exist_ok=True)
        _copy(source, target)
    if digest_of(target) != sha256:
        raise Failure(Exit.UNREADABLE, f"{source} changed after it was scanned.", _HINT)


def _copy(file: Path, place: Path) -> None:
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0) | os.O_NONBLOCK)
    with os.fdopen(descriptor, "rb") as reader, place.open("xb") as writer:
        shutil.copyfileobj(reader, writer, 1 << 20)


def _places(path: Path) -> Iterator[Path]:
    yield path
    if path.is_dir():
        files_of(path)  # raises if there are too many
        for parent, folders, names in os.walk(path):
            folders.sort()
            yield from (Path(parent, name) for name in sorted((*folders, *names)))


def _facts(path: Path) -> tuple[int, ...] | None:
    try:
        status = path.lstat()
    except OSError:
        return None
    times = () if stat.S_ISDIR(status.st_mode) else (status.st_size, status.st_mtime_ns, status.st_ctime_ns)
    return status.st_dev, status.st_ino, stat.S_IFMT(status.st_mode), *times
