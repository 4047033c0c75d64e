"""Python files that a user has named, which is consent to run each as it was when it was named."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from interchange.errors import Exit, Failure

_MODULE = "replacement"  # what a file is called while it runs: no name that Keras would take for its own


class BrokenFileError(Exception):
    """The file raises; the message says what."""


def run(file: str, sha256: str) -> dict[str, Any]:
    """Run the file at an absolute path and return what it defines.

    Raises `Failure(USAGE)` where it is no longer the file that was named, BrokenFileError where it does not run.
    """
    path = Path(file)
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Failure(Exit.USAGE, f"{file} has changed since the command began", "run the command again")
    names: dict[str, Any] = {"__name__": _MODULE, "__file__": file}
    try:
        exec(compile(content, file, "exec"), names)  # noqa: S102  (the user has named this very file)
    except Exception as error:  # whatever a user's file raises is an answer
        raise BrokenFileError(f"{file} cannot be run: {said(error)}") from error
    return names


def said(error: Exception) -> str:
    """An error of a user's function in one line of bearable length."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:400]
