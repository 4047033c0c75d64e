"""Python files that a user has named, which is consent to run each as it was when it was named."""

from __future__ import annotations

import hashlib
import re
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

from interchange.errors import Exit, Failure
from interchange.text import said

_MODULE = "replacement"  # what a file is called while it runs: no name that Keras would take for its own


class BrokenFileError(Exception):
    """The file raises; the message says what."""


def run(file: str, sha256: str, module: ModuleType | None = None) -> dict[str, Any]:
    """Run the file at an absolute path, as `module` where it shall have a name, and return what it defines.

    Raises `Failure(USAGE)` where it is no longer the file that was named, BrokenFileError where it does not run.
    """
    path = Path(file)
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != sha256:
        raise Failure(Exit.USAGE, f"{file} has changed since the command began", "run the command again")
    module = module or ModuleType(_MODULE)
    module.__file__ = file
    try:
        exec(compile(content, file, "exec"), vars(module))  # noqa: S102  (the user has named this very file)
    except (Exception, SystemExit) as error:  # whatever a user's file raises is an answer
        found = origin(file, error)
        where = f"line {found[0]}: " if found else ""
        what = f"SyntaxError: {error.msg}" if isinstance(error, SyntaxError) else said(error)
        raise BrokenFileError(f"{file} cannot be run: {where}{what}") from error
    return vars(module)


def told(file: str, error: BaseException) -> str:
    """What was raised when a function of the file was called, with the line where it is from there."""
    found = origin(file, error)
    return f"it raises {said(error)}" if found is None else f"line {found[0]} raises {said(found[1])}"


def origin(file: str, error: BaseException | None) -> tuple[int, BaseException] | None:
    """The line of the file that an error comes from, and what was raised there; None where it comes from elsewhere."""
    found: tuple[int, BaseException] | None = None
    while error is not None:
        if isinstance(error, SyntaxError) and error.filename == file and error.lineno:
            found = (error.lineno, error)
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
        # TensorFlow runs a copy of the function, and tells in words where it is from.
        lines += map(int, re.findall(rf'File "{re.escape(file)}", line (\d+)', str(error)))
        found = (lines[-1] or 0, error) if lines else found
        error = error.__cause__ or error.__context__  # Keras raises much of what it meets anew
    return found
