"""A filter of system calls: each listed call has a rule, and all other calls fail."""

from __future__ import annotations

import ctypes
import errno
import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from keras2to3.sandbox import libc
from keras2to3.sandbox.syscall_numbers import NEWEST, NUMBERS

# The kernel's number of an architecture, and its column in `NUMBERS`.
_ARCHITECTURES = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}
_X32 = 0x4000_0000  # the same machine's second set of numbers

_PR_SET_SECCOMP, _MODE_FILTER = 22, 2
_LOAD, _AND, _JUMP_EQUAL, _JUMP_FROM, _RETURN = 0x20, 0x54, 0x15, 0x35, 0x06
_ALLOW, _FAIL, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_NUMBER_AT, _ARCHITECTURE_AT, _ARGUMENTS_AT = 0, 4, 16
WHOLE = 0xFFFFFFFF

Instruction = tuple[int, int, int, int]
"""An instruction: code, jump if true, jump if false, operand."""


@dataclass(frozen=True)
class Argument:
    """A condition on an argument, counted from 0: its low half, masked, is one of `values`, or with `unless` none.

    Only numbers of 32 bits and flags are checked, of which the kernel reads no more than that half. It is checked only
    if `given`, another argument and a mask of it, is not 0: otherwise it may hold leftover bits.
    """

    index: int
    values: tuple[int, ...]
    mask: int = WHOLE
    unless: bool = False
    given: tuple[int, int] | None = None


@dataclass(frozen=True)
class SyscallRule:
    """A system call, and what happens if all of `where` holds: it is allowed, or fails with `error`.

    If not, it fails with `otherwise`, or happens where that is 0.
    """

    name: str
    where: tuple[Argument, ...] = ()
    error: int = 0
    otherwise: int = errno.EPERM


class _Instruction(ctypes.Structure):
    _fields_ = (
        ("code", ctypes.c_uint16),
        ("if_true", ctypes.c_uint8),
        ("if_false", ctypes.c_uint8),
        ("operand", ctypes.c_uint32),
    )


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.POINTER(_Instruction)))


def program(rules: Iterable[SyscallRule], machine: str, default: int = errno.EPERM) -> list[Instruction]:
    """The filter for a machine; raises OSError for a machine whose system call numbers are not listed.

    A call without a rule fails with `default`, or happens if that is 0. One that an older kernel lacks is not there,
    which every library knows how to live with. Those of another architecture end the process.
    """
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
    numbered = ((rule, NUMBERS[rule.name][column]) for rule in rules)
    body = [step for rule, number in numbered if number is not None for step in _steps(rule, number)]
    newer = [(_JUMP_FROM, 0, 1, NEWEST + 1), _end(errno.ENOSYS if default else 0)]
    return [*start, *body, *newer, _end(default)]


def _end(error: int) -> Instruction:
    return _RETURN, 0, 0, _FAIL | error if error else _ALLOW


def _steps(rule: SyscallRule, number: int) -> Iterator[Instruction]:
    body = [step for argument in rule.where for step in _compared(argument, rule.otherwise)]
    yield (_JUMP_EQUAL, 0, len(body) + 1, number)
    yield from body
    yield _end(rule.error)


def _compared(argument: Argument, otherwise: int) -> list[Instruction]:
    """Continue after these steps if the condition on the argument holds."""
    last = len(argument.values) - 1
    over = 0 if argument.unless else 1  # of the steps that fail the call, how many a match jumps over
    jumps = [(_JUMP_EQUAL, last - place + over, 0, value) for place, value in enumerate(argument.values)]
    jumps[last] = (_JUMP_EQUAL, over, 1 - over, argument.values[last])
    looked = [*_load(argument.index, argument.mask), *jumps, _end(otherwise)]
    return looked if argument.given is None else [*_load(*argument.given), (_JUMP_EQUAL, len(looked), 0, 0), *looked]


def _load(index: int, mask: int) -> list[Instruction]:
    return [(_LOAD, 0, 0, _ARGUMENTS_AT + 8 * index), (_AND, 0, 0, mask)]


def restrict(rules: Iterable[SyscallRule], default: int = errno.EPERM) -> None:
    """Apply the filter to this process and its child processes; raises OSError if the kernel cannot."""
    steps = program(rules, platform.machine(), default)
    array = (_Instruction * len(steps))(*(_Instruction(*step) for step in steps))
    libc.forgo_privileges()
    libc.prctl(_PR_SET_SECCOMP, _MODE_FILTER, ctypes.byref(_Program(len(steps), array)))
