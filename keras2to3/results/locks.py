"""Lock an output folder: a kernel lock, which ends with its process, and a note on which process holds it."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import socket
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from interchange import strictjson
from interchange.errors import Exit, Failure

Say = Callable[[str], None]

LOCK = "lock"
_HINT = "wait for it with --wait, or choose another folder with --output-dir"
_LONGEST = 4096  # bytes of the note that are read


@contextlib.contextmanager
def claimed(folder: Path, output_dir: Path, say: Say, *, wait: bool) -> Iterator[None]:
    """Lock `folder`, which is created if needed; both are removed afterwards unless another run uses them.

    Raises `Failure(ENVIRONMENT)`, which says who holds it, unless `wait`; OSError if there is no room.
    """
    descriptor = _open(folder, output_dir, say, wait)
    try:
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps(_myself()).encode("ascii"), 0)
        yield
    finally:
        with contextlib.suppress(OSError):
            (folder / LOCK).unlink()  # while it is locked: a process that waits for it notices and creates a new one
        os.close(descriptor)


def _open(folder: Path, output_dir: Path, say: Say, wait: bool) -> int:
    announced = False
    while True:
        with contextlib.ExitStack() as unless:
            descriptor = open_lock(folder / LOCK)
            unless.callback(os.close, descriptor)
            if is_locked(descriptor, wait=announced):
                if _is_at(descriptor, folder / LOCK):
                    unless.pop_all()
                    return descriptor
            elif wait:
                say(f"waiting for {output_dir}: {_holder(descriptor)}")
                announced = True
            else:
                text = f"{output_dir} is in use by another run: {_holder(descriptor)}"
                raise Failure(Exit.ENVIRONMENT, text, _HINT)


def open_lock(path: Path) -> int:
    """A descriptor of the lock file, which is created with its folder; another process may remove both meanwhile."""
    while True:
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)


def is_locked(descriptor: int, *, wait: bool = False) -> bool:
    """Lock a file, or return that another process has; closing the descriptor unlocks it. Raises OSError."""
    import fcntl  # Windows has none, and imports this module

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.lstat())
    except FileNotFoundError:
        return False


def _myself() -> dict[str, Any]:
    started = time.strftime("%Y-%m-%d %H:%M:%S %z")
    return {"host": socket.gethostname(), "pid": os.getpid(), "started": started, "command": shlex.join(sys.argv)}


def _holder(descriptor: int) -> str:
    try:
        facts = strictjson.parse(os.pread(descriptor, _LONGEST, 0))
        return f"process {facts['pid']} on {facts['host']} since {facts['started']}: {facts['command']}"
    except (ValueError, LookupError, TypeError):  # its holder has only just started
        return "it has not said who it is"
