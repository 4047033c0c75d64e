"""The files of one model: which they are, how much of them is stored, and their digests."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from interchange.errors import reading
from keras2to3.scanner.containers import INDEX_SUFFIX, companion_files, is_tfjs
from keras2to3.scanner.non_models import unreadable
from keras2to3.scanner.readers.size_limits import is_plausible

_BLOCK = 1 << 20
_MAX_FILES = 10_000
_MAX_DEPTH = 32
_BLOCKS = 512  # bytes, on every file system


def walk(path: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    """As `os.walk`, without following links; but what cannot be listed is not left out.

    Raises OSError, and a Failure (exit code 3) for a folder that holds more, or goes deeper, than that of any model.
    """
    folders, entries = [(path, 0)], 0
    for folder, depth in folders:  # grows
        inner: list[str] = []
        names: list[str] = []
        with os.scandir(folder) as listing:
            for entry in listing:
                entries += 1
                if entries > _MAX_FILES or depth > _MAX_DEPTH:
                    text = f"holds more than {_MAX_FILES:,} files, or folders more than {_MAX_DEPTH} levels deep"
                    raise unreadable(path, text, "Give the folder of one model.")
                (inner if entry.is_dir(follow_symlinks=False) else names).append(entry.name)
        yield str(folder), inner, names
        folders += [(folder / name, depth + 1) for name in sorted(inner)]


def files_of(path: Path) -> list[Path]:
    """The regular files below a folder in the order of their names, no link followed. Raises OSError, Failure."""
    files: list[Path] = []
    for parent, _, names in walk(path):
        files += [Path(parent, name) for name in names if stat.S_ISREG(os.lstat(Path(parent, name)).st_mode)]
    return sorted(files)


def total_size(files: Iterable[Path]) -> int:
    """The bytes of all files. Each is opened, so that one that cannot be read is reported now. Raises OSError."""
    total = 0
    for path in files:
        with path.open("rb") as file:
            total += os.fstat(file.fileno()).st_size
    return total


def missing_content(path: Path) -> str | None:
    """Which file has far more bytes than are stored: reading it takes time for every byte of a hole.

    None for a file that is stored, or has no more holes than a real model may have. Raises OSError, Failure.
    """
    for file in files_of(path) if path.is_dir() else [path, *companion_files(path)]:
        about = file.stat()
        if not is_plausible(about.st_size, _BLOCKS * getattr(about, "st_blocks", about.st_size)):
            stored = _stored(file, about.st_size)
            if not is_plausible(about.st_size, stored):
                return f"{file.name} declares {about.st_size:,} bytes, of which {stored:,} are stored"
    return None


def _stored(file: Path, size: int) -> int:
    """The bytes between the holes: some file systems cannot report them, and some do not count their blocks."""
    stored = at = 0
    with file.open("rb", buffering=0) as opened:
        while at < size:
            try:
                start = opened.seek(at, os.SEEK_DATA)
            except OSError:  # no more data
                break
            at = opened.seek(start, os.SEEK_HOLE)
            stored += at - start
    return stored


def _open_at_once(name: str, flags: int) -> int:
    """To open a pipe waits for a writer otherwise."""
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def digest_file(path: Path) -> str:
    """The SHA-256 of a file as hexadecimal, read in blocks. Raises OSError, and `Failure` for a pipe."""
    state = hashlib.sha256()
    with open(path, "rb", opener=_open_at_once) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise unreadable(path, "is not a regular file")
        while block := file.read(_BLOCK):
            state.update(block)
    return state.hexdigest()


def digest_folder(path: Path) -> str:
    """The digest of a folder: over the sorted names of its files and their digests. Links are not followed."""
    state = hashlib.sha256()
    for file in files_of(path):
        state.update(f"{file.relative_to(path).as_posix()}\0{digest_file(file)}\n".encode("utf-8", "surrogateescape"))
    return state.hexdigest()


def digest_checkpoint(index: Path) -> str:
    """The digest of what has files beside it, a checkpoint: over the names of all, and their digests."""
    lines = (f"{file.name}\0{digest_file(file)}\n" for file in (index, *companion_files(index)))
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()


def digest_of(path: Path) -> str:
    """The digest of a file, a folder, or a file with its companions. Raises `Failure(UNREADABLE)`."""
    with reading(path):
        if path.is_dir():
            return digest_folder(path)
        return digest_checkpoint(path) if path.suffix == INDEX_SUFFIX or is_tfjs(path) else digest_file(path)
