"""The temporary folder of a run, on the file system of its results, so that publishing is one rename."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

from interchange.errors import Exit, Failure
from keras2to3.results import file_moves, locks
from keras2to3.results.deletion import remove
from keras2to3.results.locks import LOCK, Say
from keras2to3.results.portable_names import HIDDEN

_BOOT = Path("/proc/sys/kernel/random/boot_id")
_BEAT = 600.0  # seconds between two signs of life of a run
_EXPIRED = 24 * 3600.0  # seconds of silence after which a run of another machine has ended
_HINT = "choose another place with --output-dir, or free some space"


@contextlib.contextmanager
def workspace(output_dir: Path, say: Say, *, wait: bool = False) -> Iterator[Path]:
    """A temporary folder below `output_dir`, for the one run that may write results there.

    What a run that was killed has left half done is finished first, and its folder removed. Raises
    `Failure(ENVIRONMENT)` if another run is at work there, unless `wait`, or if nothing can be written.
    """
    with contextlib.ExitStack() as stack:
        with _telling(output_dir):
            hidden = _hidden(output_dir)
            stack.callback(_remove_empty, hidden)
            stack.enter_context(locks.claimed(hidden, output_dir, say, wait=wait))
            folder = stack.enter_context(_own(hidden, say))
            file_moves.recover(output_dir, folder / "recovered")
            _remove_abandoned(hidden, folder)
        yield folder


@contextlib.contextmanager
def shared(output_dir: Path, say: Say) -> Iterator[Path]:
    """A temporary folder below `output_dir` for files that are written during a run."""
    with contextlib.ExitStack() as stack:
        with _telling(output_dir):
            hidden = _hidden(output_dir)
            stack.callback(_remove_empty, hidden)
            folder = stack.enter_context(_own(hidden, say))
        yield folder


@contextlib.contextmanager
def _telling(output_dir: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Failure(
            Exit.ENVIRONMENT, f"{output_dir}: cannot write there: {error.strerror or error}", _HINT
        ) from error


def _hidden(output_dir: Path) -> Path:
    output_dir.mkdir(parents=True, exist_ok=True)
    hidden = output_dir.resolve() / HIDDEN
    if hidden.is_symlink():
        raise Failure(Exit.ENVIRONMENT, f"{hidden} is a link: runs work there and nowhere else", "remove the link")
    return hidden


@contextlib.contextmanager
def _own(hidden: Path, say: Say) -> Iterator[Path]:
    """Locked while its run lives, which also refreshes its time. A folder that cannot be removed is reported."""
    folder = hidden / f"{_machine()}-{secrets.token_hex(8)}"
    with contextlib.ExitStack() as stack:
        stack.callback(_remove_told, folder, say)
        descriptor = locks.open_lock(folder / LOCK)
        stack.callback(os.close, descriptor)
        locks.is_locked(descriptor)
        stack.enter_context(_beating(descriptor))
        yield folder


def _remove_told(folder: Path, say: Say) -> None:
    if (left := remove(folder)) is not None:
        say(f"warning: {folder} is left, for it cannot be removed: {left.strerror or left}; the next run tries again")


@contextlib.contextmanager
def _beating(descriptor: int) -> Iterator[None]:
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(_BEAT):
            with contextlib.suppress(OSError):
                os.utime(descriptor)

    thread = threading.Thread(target=beat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _machine() -> str:
    """The host and its boot, as a part of a name."""
    try:
        boot = _BOOT.read_text("ascii").strip()
    except OSError:
        boot = "unknown"
    return re.sub(r"[^A-Za-z0-9.]", "_", f"{socket.gethostname()[:64]}.{boot}")


def _remove_abandoned(hidden: Path, current: Path) -> None:
    """Folders whose run has ended. A run on another machine counts as ended after a time without a sign of life.

    A lock may not be seen from another machine, so it counts on this one alone.
    """
    now = (current / LOCK).stat().st_mtime  # by the clock of the file system
    for folder in hidden.iterdir():
        if folder == current or not folder.is_dir() or folder.is_symlink():
            continue
        if _is_silent(folder, now) or folder.name.rpartition("-")[0] == _machine():
            _remove_unlocked(folder)


def _is_silent(folder: Path, now: float) -> bool:
    with contextlib.suppress(OSError):
        lock = folder / LOCK
        return now - (lock if lock.exists() else folder).stat().st_mtime > _EXPIRED
    return False


def _remove_unlocked(folder: Path) -> None:
    with contextlib.suppress(OSError):  # it is gone, or belongs to another user
        descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if locks.is_locked(descriptor):
                remove(folder)
        finally:
            os.close(descriptor)


def _remove_empty(hidden: Path) -> None:
    with contextlib.suppress(OSError):  # other runs use it
        hidden.rmdir()
