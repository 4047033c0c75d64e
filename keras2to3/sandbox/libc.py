"""Calls of the C library that Python does not wrap; a failing call raises OSError."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import os
from typing import Any

_PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS = 24, 38
_LAST_CAPABILITY = 63
# Reading and writing files of other users, as root does; landlock still limits where.
_KEPT_CAPABILITIES = (1, 2)


@functools.cache
def _library() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


def syscall(number: int, *arguments: Any) -> int:
    """Make a system call by its number; plain numbers are passed as long, other arguments by their ctypes type."""
    passed = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    _library().syscall.restype = ctypes.c_long
    return _checked(_library().syscall(ctypes.c_long(number), *passed))


def prctl(option: int, *arguments: Any) -> int:
    """Call prctl, which changes this process."""
    passed = [ctypes.c_ulong(value) if isinstance(value, int) else value for value in arguments]
    return _checked(_library().prctl(option, *passed))


def unshare(flags: int) -> None:
    """Move this process to new namespaces."""
    _checked(_library().unshare(flags))


def forgo_privileges() -> None:
    """No program that this process starts gets more rights, setuid or not; filters require that."""
    prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def drop_capabilities() -> None:
    """Drop root's capabilities for programs it starts; has no effect for other users."""
    if os.geteuid() == 0:
        for capability in set(range(_LAST_CAPABILITY + 1)) - set(_KEPT_CAPABILITIES):
            with contextlib.suppress(OSError):  # this kernel lacks the capability, or a container has dropped it
                prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
