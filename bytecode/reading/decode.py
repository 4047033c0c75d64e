"""Decodes the bytes of a function into instructions with arguments, for one Python."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from bytecode.instructions import opcodes
from bytecode.refusals import Unreadable

_MOST = 1 << 31
# Keras on Windows wrote every backslash in bytecode as a slash, which is no instruction of Python 3.6 to 3.12.
BACKSLASH, SLASH = ord("\\"), ord("/")
_ABSOLUTE = frozenset(
    "JUMP_ABSOLUTE JUMP_IF_FALSE_OR_POP JUMP_IF_TRUE_OR_POP POP_JUMP_IF_FALSE POP_JUMP_IF_TRUE CONTINUE_LOOP "
    "JUMP_IF_NOT_EXC_MATCH".split()
)
_RELATIVE = frozenset(
    "JUMP_FORWARD FOR_ITER SETUP_LOOP SETUP_EXCEPT SETUP_FINALLY SETUP_WITH SETUP_ASYNC_WITH CALL_FINALLY SEND "
    "POP_JUMP_FORWARD_IF_FALSE POP_JUMP_FORWARD_IF_TRUE POP_JUMP_FORWARD_IF_NONE POP_JUMP_FORWARD_IF_NOT_NONE "
    "POP_JUMP_IF_NONE POP_JUMP_IF_NOT_NONE".split()
)
_BACKWARD = frozenset(
    "JUMP_BACKWARD JUMP_BACKWARD_NO_INTERRUPT POP_JUMP_BACKWARD_IF_FALSE POP_JUMP_BACKWARD_IF_TRUE "
    "POP_JUMP_BACKWARD_IF_NONE POP_JUMP_BACKWARD_IF_NOT_NONE".split()
)


@dataclass(frozen=True)
class Step:
    """An instruction with its EXTENDED_ARG prefixes; `start` and the `target` of a jump are counted in bytes."""

    start: int
    name: str
    argument: int
    target: int | None


def version(python: str) -> tuple[int, int]:
    major, minor = python.split(".")
    return int(major), int(minor)


def steps(code: bytes, python: str) -> list[Step]:
    """The instructions of one function. Raises `Unreadable` if this Python cannot have compiled it."""
    found = list(_steps(code, python))
    starts = {step.start for step in found}
    for step in found:
        if step.target is not None and step.target not in starts:
            raise Unreadable(f"{step.name} jumps to byte {step.target}, between two instructions")
    if not found:
        raise Unreadable("there are no instructions")
    return found


def _steps(code: bytes, python: str) -> Iterator[Step]:
    names = opcodes.names(python)
    words = _words if version(python) >= (3, 6) else _triples
    start: int | None = None
    extended = 0
    caches = opcodes.CACHES.get(python, {})
    room = 0  # that is left for the caches of the instruction before
    for place, stored, low, after in words(code):
        number = BACKSLASH if stored == SLASH and stored not in names else stored
        name = names.get(number)
        argument = _restored(name, low, python)
        if room and name == "CACHE":
            room -= 1
            continue
        if room or name in (None, "CACHE"):
            raise Unreadable(f"Python {python} has no instruction {number}, which stands at byte {place}")
        if number < opcodes.HAVE_ARGUMENT and argument and version(python) < (3, 10):  # which leaves some behind
            raise Unreadable(f"{name} has an argument")
        start = place if start is None else start
        full = extended | argument
        if full >= _MOST:
            raise Unreadable(f"the argument of {name} is out of range")
        if name == "EXTENDED_ARG":
            extended = full << (8 if words is _words else 16)
            continue
        room = caches.get(name, 0)
        yield Step(start, name, full, _target(python, name, full, after + 2 * room))
        start, extended = None, 0
    if start is not None or room:
        raise Unreadable("the code ends within its last instruction")


def _restored(name: str | None, argument: int, python: str) -> int:
    """Restore an argument that cannot be a slash: no instruction starts at an odd byte, 3.12 has no such comparison."""
    counts_bytes = (3, 6) <= version(python) < (3, 10) and (name in _ABSOLUTE or name in _RELATIVE)
    certain = counts_bytes or (python, name) == ("3.12", "COMPARE_OP")
    return BACKSLASH if certain and argument == SLASH else argument


def _words(code: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Since 3.6 every instruction has two bytes: where it is, its number, its argument, and where the next one is."""
    if len(code) % 2:
        raise Unreadable("the code ends within an instruction")
    for place in range(0, len(code), 2):
        yield place, code[place], code[place + 1], place + 2


def _triples(code: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Before 3.6 an instruction has one byte, or three with an argument; as `_words`."""
    place = 0
    while place < len(code):
        size = 3 if code[place] >= opcodes.HAVE_ARGUMENT else 1
        if place + size > len(code):
            raise Unreadable("the code ends within an instruction")
        argument = int.from_bytes(code[place + 1 : place + size], "little")
        yield place, code[place], argument, place + size
        place += size


def _target(python: str, name: str, argument: int, after: int) -> int | None:
    unit = 2 if version(python) >= (3, 10) else 1
    if name in _BACKWARD:
        return after - argument * unit
    if name in _RELATIVE:
        return after + argument * unit
    if name in _ABSOLUTE:
        return after + argument * unit if version(python) >= (3, 11) else argument * unit
    return None
