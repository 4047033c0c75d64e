"""Where the workers can run."""

from __future__ import annotations

import sys

from interchange.errors import Exit, Failure

NOTE = "On Windows, run keras2to3 in WSL: `wsl --install` sets it up, and its terminal has the files of C: in /mnt/c."


def note() -> str:
    """What the first screen says on a system where the workers cannot run; nothing elsewhere."""
    return f" {NOTE}" if sys.platform == "win32" else ""


def require_workers() -> None:
    """Raises `Failure(ENVIRONMENT)` on Windows: workers get a pipe by a descriptor, which it cannot pass on."""
    if sys.platform == "win32":
        text = "keras2to3 starts its workers in a way that Windows does not support, so no file was read."
        raise Failure(Exit.ENVIRONMENT, text, NOTE)
