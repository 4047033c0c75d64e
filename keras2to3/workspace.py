"""The folder a run works in, on the file system of its results, so that publishing is one rename."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from interchange.errors import Exit, Failure
from keras2to3.deletion import remove

_PREFIX = ".keras2to3-"


@contextlib.contextmanager
def workspace(output_dir: Path) -> Iterator[Path]:
    """A fresh folder below `output_dir`, gone afterwards; what a killed run left behind is removed first."""
    try:
        output_dir.mkdir(parents=True, exist_ok=True)
        _remove_abandoned(output_dir)
        folder = output_dir / f"{_PREFIX}{os.getpid()}"
        folder.mkdir()
    except OSError as error:
        hint = "choose another place with --output-dir, or free some space"
        raise Failure(Exit.ENVIRONMENT, f"{output_dir}: cannot write there: {error.strerror}", hint) from error
    try:
        yield folder.resolve()
    finally:
        remove(folder)


def _remove_abandoned(output_dir: Path) -> None:
    for folder in output_dir.glob(f"{_PREFIX}*"):
        pid = folder.name[len(_PREFIX) :]
        if pid.isdigit() and not _is_alive(int(pid)):
            remove(folder)


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return pid != os.getpid()
