"""Move files and folders into place together: after a kill or a loss of power in between the next run finishes it."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import functools
import json
import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from interchange import strictjson
from keras2to3.results import durability
from keras2to3.results.portable_names import HIDDEN

JOURNAL = "publishing.json"
"""The list of the moves in progress, in the hidden folder."""

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2
_CANNOT_EXCHANGE = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP})

Undo = Callable[[], None]


@dataclass(frozen=True)
class Move:
    """`staged` is renamed to `target` and replaces what exists there; without `staged`, `target` is removed."""

    target: Path
    staged: Path | None = None


def commit(moves: Sequence[Move], output_dir: Path, aside: Path) -> None:
    """Make all moves or none, of what is on the disk before. What is replaced goes to `aside`, on the same file system.

    Both lie below `output_dir`. Raises OSError where a move fails; then the others are undone.
    """
    journal = output_dir / HIDDEN / JOURNAL
    aside.mkdir(parents=True, exist_ok=True)
    for move in moves:
        if move.staged is not None:
            durability.sync(move.staged)
    _write_journal(moves, output_dir, journal, aside)
    done: list[Undo] = []
    try:
        for number, move in enumerate(moves):
            done.append(_make(move, aside / str(number)))
        for folder in _folders(moves, output_dir):
            durability.sync_names(folder)
    except OSError:
        journal.unlink()
        for undo in reversed(done):
            with contextlib.suppress(OSError):
                undo()
        raise
    journal.unlink()


def recover(output_dir: Path, aside: Path) -> None:
    """Finish the moves of a run that was killed. Raises OSError if that is not possible.

    A list that is cut off was never whole, and none of its moves begun.
    """
    journal = output_dir / HIDDEN / JOURNAL
    try:
        rows = _rows(journal.read_bytes(), output_dir)
    except FileNotFoundError:
        return
    except ValueError:
        rows = []
    aside.mkdir(parents=True, exist_ok=True)
    for number, row in enumerate(rows):
        staged = output_dir / row["from"] if row["from"] else None
        move = Move(output_dir / row["to"], staged)
        if row["inode"] is not None and _inode(staged or move.target) == row["inode"]:  # else the move was made before
            _make(move, aside / str(number))
    journal.unlink()


def _write_journal(moves: Sequence[Move], output_dir: Path, journal: Path, aside: Path) -> None:
    """The inode is recorded so that a later run can see whether a move was made."""
    real = Path(os.path.realpath(output_dir))
    rows = [
        {
            "from": move.staged and _below(move.staged, real),
            "to": _below(move.target, real),
            "inode": _inode(move.staged or move.target),
        }
        for move in moves
    ]
    draft = aside / JOURNAL
    durability.write(json.dumps({"moves": rows}).encode("ascii"), draft, journal)


def _folders(moves: Sequence[Move], output_dir: Path) -> set[Path]:
    """Those around all targets, up to the output folder, as they may be new themselves."""
    return {
        folder
        for move in moves
        for folder in move.target.parents
        if folder == output_dir or output_dir in folder.parents
    }


def _below(path: Path, folder: Path) -> str:
    return (Path(os.path.realpath(path.parent)) / path.name).relative_to(folder).as_posix()


def _rows(content: bytes, output_dir: Path) -> Sequence[dict[str, Any]]:
    """The moves in a journal; those that lead out of the output folder are ignored."""
    rows: list[dict[str, Any]] = strictjson.parse(content)["moves"]
    return [
        row for row in rows if all(_is_inside(row[key], output_dir) for key in ("from", "to") if row[key] is not None)
    ]


def _is_inside(path: str, output_dir: Path) -> bool:
    if ".." in PurePosixPath(path).parts:
        return False
    return Path(os.path.realpath((output_dir / path).parent)).is_relative_to(os.path.realpath(output_dir))


def _inode(path: Path) -> int | None:
    try:
        return path.lstat().st_ino
    except FileNotFoundError:
        return None


def _make(move: Move, aside: Path) -> Undo:
    if move.staged is None:
        return _remove(move.target, aside)
    there = os.path.lexists(move.target)
    if there and (_is_folder(move.staged) or _is_folder(move.target)):
        return _exchange(move.target, move.staged, aside)
    if there:
        with contextlib.suppress(OSError):  # no hard links on this file system, so the move cannot be undone
            os.link(move.target, aside, follow_symlinks=False)
    os.replace(move.staged, move.target)
    return functools.partial(_put_back, move.target, move.staged, aside, there)


def _put_back(target: Path, staged: Path, aside: Path, there: bool) -> None:
    if not there:
        os.replace(target, staged)
    elif os.path.lexists(aside):
        os.replace(aside, target)


def _remove(target: Path, aside: Path) -> Undo:
    if not os.path.lexists(target):
        return lambda: None
    os.replace(target, aside)
    return lambda: os.replace(aside, target)


def _exchange(target: Path, staged: Path, aside: Path) -> Undo:
    """Exchange two folders, because one cannot be renamed onto another; if they cannot be exchanged, move one aside."""

    def back() -> None:
        if not _have_changed_places(staged, target):
            os.replace(target, staged)
            os.replace(aside, target)

    if not _have_changed_places(staged, target):
        os.replace(target, aside)
        try:
            os.replace(staged, target)
        except OSError:
            os.replace(aside, target)
            raise
    return back


def _have_changed_places(one: Path, other: Path) -> bool:
    """Exchange two paths in one step; False if the system or the file system does not support it."""
    call = getattr(_library(), "renameat2", None)
    if call is None:
        return False
    if call(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT_EXCHANGE:
        return False
    raise OSError(number, os.strerror(number), str(other))


@functools.cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _is_folder(path: Path) -> bool:
    return stat.S_ISDIR(path.lstat().st_mode)
