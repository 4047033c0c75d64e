"""Whether a worker is used although its launcher reported missing restrictions."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Collection, Mapping

from interchange.errors import Exit, Failure

OPTION = "--allow-missing-sandbox"


def refusal(module: str, missing: Mapping[str, str], allowed: Collection[str]) -> Failure | None:
    """The failure for a worker that lacks restrictions, each with its reason; None if it may be used.

    Outside Linux, programs cannot restrict themselves as much, so there a missing restriction is only a warning.
    """
    if sys.platform != "linux" or set(missing) <= set(allowed):
        return None
    return Failure(
        Exit.ENVIRONMENT,
        f"the sandbox of the {module} lacks restrictions: {described(missing)}",
        "run it on Linux 5.13 or newer on x86-64 or arm64, with landlock and seccomp; or, if you trust the files or a "
        f"container restricts the command itself, allow it with {OPTION} {','.join(missing)}",
    )


def warnings(module: str, missing: Mapping[str, str], not_granted: Mapping[str, str]) -> list[str]:
    """Warnings about a worker that is used. A path that does not exist is reported by whatever reads it."""
    gaps = [f"the {module} works without these restrictions: {described(missing)}"] if missing else []
    unreadable = {path: reason for path, reason in not_granted.items() if reason != os.strerror(errno.ENOENT)}
    return [*gaps, *(f"the {module} may not read {path!r}: {reason}" for path, reason in unreadable.items())]


def described(missing: Mapping[str, str]) -> str:
    """Each restriction with the reason why it is missing."""
    return "; ".join(f"{name} ({reason})" for name, reason in missing.items())
