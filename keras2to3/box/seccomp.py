"""A filter of system calls: what a worker has no use for, and landlock does not see, fails."""

from __future__ import annotations

import ctypes
import errno
import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from keras2to3.box import libc
from keras2to3.box.syscalls import NUMBERS

# How the kernel names an architecture, and the column of `NUMBERS` it is.
_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_X32 = 0x4000_0000  # the same machine's second set of numbers

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_LOAD, _AND, _JUMP_EQUAL, _JUMP_FROM, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_ALLOW, _FAIL, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
_WHOLE = 0xFFFFFFFF
_CLONE_THREAD = 0x10000
_OPEN_MODE, _TRUNCATING = 0x203, 0x200  # O_TRUNC on a file that is opened to be read


@dataclass(frozen=True)
class Deny:
    """A call that fails; with `word`, only if that half of an argument, masked, is `value`, or `unless` it is.

    Halves are counted from 0, the low one of the first argument.
    """

    name: str
    error: int = errno.EPERM
    word: int | None = None
    mask: int = _WHOLE
    value: int = 0
    unless: bool = False


_NETWORK = "socket socketpair io_uring_setup"
# What landlock does not see: modes, owners, times and attributes of files, and files emptied by name.
_ATTRIBUTES = """chmod fchmod fchmodat fchmodat2 chown lchown fchown fchownat utime utimes futimesat utimensat setxattr
    lsetxattr fsetxattr setxattrat removexattr lremovexattr fremovexattr removexattrat file_setattr truncate
    open_by_handle_at"""
_PROCESSES = """fork vfork ptrace process_vm_readv process_vm_writev process_madvise kcmp pidfd_open pidfd_getfd
    pidfd_send_signal tkill rt_sigqueueinfo setpriority ioprio_set sched_setattr shmget shmat msgget semget mq_open
    mq_unlink"""
_SYSTEM = """unshare setns mount umount2 pivot_root chroot open_tree open_tree_attr move_mount fsopen fsconfig fsmount
    fspick mount_setattr bpf perf_event_open userfaultfd keyctl add_key request_key kexec_load kexec_file_load
    init_module finit_module delete_module reboot swapon swapoff acct syslog quotactl settimeofday clock_settime
    adjtimex clock_adjtime sethostname setdomainname"""


def network() -> list[Deny]:
    """No socket of any kind."""
    return [Deny(name) for name in _NETWORK.split()]


def attributes() -> list[Deny]:
    """Nothing changes about a file but what it holds, and nothing is emptied by opening it to be read."""
    return [
        *(Deny(name) for name in _ATTRIBUTES.split()),
        *(Deny(name, word=word, mask=_OPEN_MODE, value=_TRUNCATING) for name, word in (("open", 2), ("openat", 4))),
        Deny("openat2", errno.ENOSYS),  # a filter cannot read its flags
    ]


def processes(pid: int) -> list[Deny]:
    """The process with this id starts threads and ends itself; no process besides, and nothing of the system's."""
    return [
        *(Deny(name) for name in (*_PROCESSES.split(), *_SYSTEM.split())),
        Deny("clone", word=0, mask=_CLONE_THREAD),
        Deny("clone3", errno.ENOSYS),  # a filter cannot read its flags, and the C library then takes clone
        *(Deny(name, word=0, value=pid, unless=True) for name in ("kill", "tgkill", "rt_tgsigqueueinfo")),
        Deny("prlimit64", word=0, value=0, unless=True),  # its own limits may fall; the command's are the user's
    ]


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("operand", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction)))


def program(denied: Iterable[Deny], machine: str) -> list[tuple[int, int, int, int]]:
    """The filter as (code, jump if true, jump if false, operand); raises OSError for a machine nobody has listed."""
    if machine not in _ARCHITECTURES:
        raise OSError(errno.ENOSYS, f"no list of the system calls of {machine}")
    architecture, column = _ARCHITECTURES[machine]
    start = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER_AT),
        (_JUMP_FROM, 0, 1, _X32),
        (_RETURN, 0, 0, _KILL),
    ]
    numbered = ((rule, NUMBERS[rule.name][column]) for rule in denied)
    body = [step for rule, number in numbered if number is not None for step in _steps(rule, number)]
    return [*start, *body, (_RETURN, 0, 0, _ALLOW)]


def _steps(rule: Deny, number: int) -> Iterator[tuple[int, int, int, int]]:
    fail = (_RETURN, 0, 0, _FAIL | rule.error)
    if rule.word is None:
        yield from [(_JUMP_EQUAL, 0, 1, number), fail]
        return
    at, passed = _ARGUMENTS_AT + 4 * rule.word, (1, 0) if rule.unless else (0, 1)
    yield (_JUMP_EQUAL, 0, 5, number)
    yield (_LOAD, 0, 0, at)
    yield (_AND, 0, 0, rule.mask)
    yield (_JUMP_EQUAL, *passed, rule.value)
    yield fail
    yield (_LOAD, 0, 0, _NUMBER_AT)


def restrict(denied: Iterable[Deny]) -> None:
    """Put the filter around this process and all that follows; raises OSError where the kernel cannot do it."""
    steps = program(denied, platform.machine())
    array = (_Instruction * len(steps))(*(_Instruction(*step) for step in steps))
    libc.forgo_privileges()
    libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(_Program(len(steps), array)))
