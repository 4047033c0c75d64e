"""Build a folder where an earlier one lies, which comes back if the build does not succeed."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Callable

from interchange.errors import Exit, Failure
from keras2to3 import interrupts

SUFFIX = ".previous"


def aside(folder: Path) -> Path:
    """Where an earlier environment lies while another one is built in its place."""
    return folder.with_name(folder.name + SUFFIX)


def recover(folder: Path, *, finished: bool) -> None:
    """Clear up after a build that was killed: its part goes, and what lay there before comes back.

    If the build had `finished`, what lay there before goes.
    """
    earlier = aside(folder)
    if not earlier.exists():
        return
    if finished:
        remove(earlier)
        return
    remove(folder)
    earlier.rename(folder)


@contextlib.contextmanager
def replaced(folder: Path, say: Callable[[str], None], *, keep: bool) -> Iterator[None]:
    """The time in which the folder is built anew.

    A virtual environment cannot be moved to another path, but away and back again. With `keep`, what lies there is
    moved away, comes back if the block is interrupted or fails, and is removed if not. An unfinished build is removed;
    a signal that arrives meanwhile waits.
    """
    earlier = aside(folder)
    if folder.exists():
        folder.rename(earlier) if keep else remove(folder)
    try:
        yield
    except BaseException:
        with interrupts.postponed():
            _put_back(folder, earlier, say)
        raise
    with contextlib.suppress(OSError):  # the next build removes it
        remove(earlier)


def _put_back(folder: Path, earlier: Path, say: Callable[[str], None]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    left = f"could not be removed: delete {folder}" if folder.exists() else "was removed"
    say(f"The unfinished part of the {folder.name} environment {left}.")
    if earlier.exists() and not folder.exists():
        earlier.rename(folder)
        say(f"The earlier {folder.name} environment is as it was: {folder}")


def remove(folder: Path) -> None:
    """Remove a folder that may not exist. Raises `Failure(ENVIRONMENT)` if something of it remains."""
    if not folder.exists():
        return
    shutil.rmtree(folder, ignore_errors=True)
    if folder.exists():
        raise Failure(Exit.ENVIRONMENT, f"{folder} could not be removed.", "Close what uses it, and delete it by hand.")
