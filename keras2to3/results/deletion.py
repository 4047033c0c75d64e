"""Remove what other processes may have written, however deep or unreadable it is, without following links."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import sys
import time
from collections.abc import Iterator
from pathlib import Path

_SECONDS = 60.0  # for one tree, in case another process keeps writing into it


def remove(path: Path) -> OSError | None:
    """Remove a file, a link or a folder with all its content; returns the error if it cannot be removed.

    What is not there is removed. A folder within a folder is moved up before it is emptied, so that no path grows with
    the depth and two descriptors suffice.
    """
    try:
        with closing(os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)) as above:
            _remove(path.name, above, time.monotonic() + _SECONDS)
    except FileNotFoundError:
        return None
    except OSError as error:
        return error
    return None


def _remove(name: str, above: int, until: float) -> None:
    """Raises OSError for what cannot be removed, after everything else was."""
    try:
        os.unlink(name, dir_fd=above)
    except OSError:
        if not stat.S_ISDIR(os.stat(name, dir_fd=above, follow_symlinks=False).st_mode):
            raise
    else:
        return
    with closing(_open_folder(name, above)) as top:
        _empty(top, until)
    os.rmdir(name, dir_fd=above)


def _empty(top: int, until: float) -> None:
    """Remove the content of a folder as far as possible."""
    kept: set[str] = set()
    while names := set(os.listdir(top)) - kept:
        for name in names:
            if time.monotonic() > until:
                raise TimeoutError(f"not done after {_SECONDS:g} s")
            try:
                _flatten(name, top)
            except FileNotFoundError:
                continue
            except OSError:  # rmdir of the whole reports it
                kept.add(name)


def _flatten(name: str, top: int) -> None:
    """Remove a file; move the folders in a folder to the top, remove its other content, and then the folder."""
    if not stat.S_ISDIR(os.stat(name, dir_fd=top, follow_symlinks=False).st_mode):
        os.unlink(name, dir_fd=top)
        return
    with closing(_open_folder(name, top)) as folder:
        for inner in os.listdir(folder):  # noqa: PTH208  (a descriptor)
            if stat.S_ISDIR(os.stat(inner, dir_fd=folder, follow_symlinks=False).st_mode):
                os.close(_open_folder(inner, folder))  # a folder without write permission is not moved
                os.rename(inner, secrets.token_hex(16), src_dir_fd=folder, dst_dir_fd=top)
            else:
                os.unlink(inner, dir_fd=folder)
    os.rmdir(name, dir_fd=top)


def folder_flags() -> int:
    """How a folder is opened without following a link. A function, since a system without these imports this module."""
    return os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def _open_folder(name: str, above: int) -> int:
    """Open a folder so that everything in it can be read and removed, whatever its mode was."""
    try:
        folder = os.open(name, folder_flags(), dir_fd=above)
    except PermissionError:
        _make_readable(name, above)
        folder = os.open(name, folder_flags(), dir_fd=above)
    with contextlib.suppress(OSError):
        os.fchmod(folder, stat.S_IRWXU)
    return folder


def _make_readable(name: str, above: int) -> None:
    """Change the mode of a folder, by its descriptor, so that a link in its place is not followed."""
    if sys.platform != "linux":
        os.chmod(name, stat.S_IRWXU, dir_fd=above, follow_symlinks=False)
        return
    with closing(os.open(name, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=above)) as unread:
        os.chmod(f"/proc/self/fd/{unread}", stat.S_IRWXU)  # noqa: PTH101  (no path, but the descriptor)


@contextlib.contextmanager
def closing(descriptor: int) -> Iterator[int]:
    """Use a descriptor, and close it."""
    try:
        yield descriptor
    finally:
        os.close(descriptor)
