"""The few calls of the C library that Python has no name for; a call that fails is an OSError."""

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
    """A system call by its number; plain numbers are passed as long, everything else as ctypes has it."""
    passed = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    _library().syscall.restype = ctypes.c_long
    return _checked(_library().syscall(ctypes.c_long(number), *passed))


def prctl(option: int, *arguments: Any) -> int:
    """Change something about this process."""
    passed = [ctypes.c_ulong(value) if isinstance(value, int) else value for value in arguments]
    return _checked(_library().prctl(option, *passed))


def unshare(flags: int) -> None:
    """Leave namespaces for new ones."""
    _checked(_library().unshare(flags))


def forgo_privileges() -> None:
    """Nothing this process starts will have more rights than it has, setuid or not; filters ask for that."""
    prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def drop_capabilities() -> None:
    """Drop root's capabilities for programs it starts; has no effect for other users."""
    if os.geteuid() == 0:
        for capability in set(range(_LAST_CAPABILITY + 1)) - set(_KEPT_CAPABILITIES):
            with contextlib.suppress(OSError):  # this kernel knows no such capability, or a container has taken it
                prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
