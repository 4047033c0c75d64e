"""Why a worker has ended without an answer, and what to do about it."""

from __future__ import annotations

import os
import signal
import tempfile
from pathlib import Path

from interchange import system_errors

MORE_TIME = "give it more time with --timeout"

_PROBED_BYTES = 1 << 16


def how(code: int, cpu_seconds: int) -> tuple[str, str]:
    """How the process ended, and what to do."""
    if code == -signal.SIGXCPU:
        return f"was stopped after {cpu_seconds} s of computing", MORE_TIME
    how = f"by signal {_signal(-code)}" if code < 0 else f"with exit code {code}"
    if code == -signal.SIGBUS:
        return f"died {how}", "a file was cut short while it was read, or the disk that holds it fails"
    hint = "error.log in the report is the end of its log; too little memory is the usual reason: see --memory"
    return f"died {how}", hint


def full_disk(folder: Path) -> str | None:
    """The error of the system if the disk is full, which ends even a worker that only writes to its log."""
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(bytes(_PROBED_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        return error.strerror if error.errno in system_errors.NO_ROOM else None
    return None


def _signal(number: int) -> str:
    """The name of a signal, or its number where it has none."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return str(number)
