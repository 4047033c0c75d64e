"""Landlock, the kernel's access control for files: what is not granted is denied, also to child processes."""

from __future__ import annotations

import ctypes
import errno
import os
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from keras2to3.sandbox import libc

_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446  # the same numbers on every architecture
_VERSION, _PATH_BENEATH = 1, 1

_EXECUTE, _WRITE_FILE, _READ_FILE, _READ_DIR, _REMOVE_DIR, _REMOVE_FILE = (1 << bit for bit in range(6))
_MAKE_DIR, _MAKE_FILE, _REFER, _TRUNCATE = 1 << 7, 1 << 8, 1 << 13, 1 << 14
_OF_FILES = _EXECUTE | _WRITE_FILE | _READ_FILE | _TRUNCATE

READ = _READ_FILE | _READ_DIR
RUN = _READ_FILE | _EXECUTE
FILL = _WRITE_FILE
LIST = _READ_DIR
# A worker can create no links, devices, pipes or sockets, so that results are regular files. It can move a file from
# one folder of its own to another (`_REFER`), as TensorFlow does when it writes a SavedModel.
WRITE = READ | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE_DIR | _MAKE_FILE | _REFER | _TRUNCATE

# The number of rights in each version of the interface.
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}
_TCP = 0b11  # bind, connect: from 4 on
_SCOPES = 0b11  # abstract sockets of others, signals to others: from 6 on


_ABSENT = (errno.ENOENT, errno.ENOTDIR)


@dataclass(frozen=True)
class Grant:
    """Rights to a file, or to a folder and everything below it.

    A path that is `named` for this run is a file or a folder and no symbolic link; any other is a place where a system
    may keep something: a link may lead to it, and it may be absent.
    """

    path: str
    rights: int
    named: bool = False


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """The version of the interface; raises OSError if the kernel has no landlock."""
    return libc.syscall(_CREATE_RULESET, None, 0, _VERSION)


def restrict(grants: Iterable[Grant]) -> tuple[int, dict[str, str]]:
    """Deny this process all access to files except `grants`, and TCP.

    Returns the version of the interface and, by path, why a grant could not be made; a failed grant does not affect
    the others. Raises OSError if the kernel has no landlock.
    """
    known = version()
    files = (1 << _FILE_RIGHTS[min(known, max(_FILE_RIGHTS))]) - 1
    wanted = _Ruleset(files, _TCP if known >= 4 else 0, _SCOPES if known >= 6 else 0)
    ruleset = libc.syscall(_CREATE_RULESET, ctypes.byref(wanted), ctypes.sizeof(wanted), 0)
    try:
        refused = {grant.path: reason for grant in grants if (reason := _refusal(ruleset, grant, files))}
        libc.forgo_privileges()
        libc.syscall(_RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)
    return known, refused


def _refusal(ruleset: int, grant: Grant, files: int) -> str | None:
    """Make a grant; returns why it failed, or None."""
    try:
        _grant(ruleset, grant, files)
    except (OSError, ValueError) as error:  # Python raises ValueError for a name that no file can have
        if not grant.named and getattr(error, "errno", None) in _ABSENT:
            return None
        return getattr(error, "strerror", None) or str(error)
    return None


def _grant(ruleset: int, grant: Grant, files: int) -> None:
    """Make a grant by a descriptor, so that the checked file is the granted one."""
    place = os.open(grant.path, os.O_PATH | os.O_CLOEXEC | (os.O_NOFOLLOW if grant.named else 0))
    try:
        mode = os.fstat(place).st_mode
        if grant.named and not (stat.S_ISDIR(mode) or stat.S_ISREG(mode)):
            raise OSError(
                errno.EINVAL, "is a symbolic link" if stat.S_ISLNK(mode) else "is neither a file nor a folder"
            )
        rights = grant.rights & files & (-1 if stat.S_ISDIR(mode) else _OF_FILES)
        if rights:  # listing has no meaning for a file
            rule = _Beneath(rights, place)
            libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(place)


def mapped_libraries() -> set[Path]:
    """The files that this process runs from, including the ELF loader."""
    lines = Path("/proc/self/maps").read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    return {Path(words[5]) for words in (line.split(maxsplit=5) for line in lines) if words[5:] and words[5][0] == "/"}
