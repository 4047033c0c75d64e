"""Reads a function from marshalled bytes, and finds out which Python compiled it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from bytecode.code import Code
from bytecode.reading import marshal_format, stack_check, windows
from bytecode.reading.code_objects import LAYOUTS, Compiled
from bytecode.reading.decode import steps
from bytecode.reading.line_tables import lines
from bytecode.reading.lowering import lower
from bytecode.refusals import Unreadable

_PREFERRED = "3.11"  # of several that read the same: Keras 2.15 runs in it


def read(data: bytes) -> Code:
    """Read the function in these bytes.

    Several Pythons share a layout of code objects: code of 3.5 can be unmarshalled by 3.6, where its bytes mean
    something else. All are tried. If several can read it, their instructions have to be the same.

    Raises `Unreadable` with the reason for each Python.
    """
    reasons: list[str] = []
    readings = list(_readings(data, reasons))
    if not readings:
        raise Unreadable("; ".join(reasons))
    for other in readings[1:]:
        if not other.same_as(readings[0]):
            raise Unreadable(f"Python {readings[0].python} and {other.python} both read it, as different functions")
    return next((reading for reading in readings if reading.python == _PREFERRED), readings[-1])


def _readings(data: bytes, reasons: list[str]) -> Iterator[Code]:
    for layout in LAYOUTS:
        with _noted(reasons, layout.pythons):
            compiled = marshal_format.parse(data, layout)
            for python in layout.pythons:
                with _noted(reasons, (python,)):
                    yield _code(compiled, python)


@contextmanager
def _noted(reasons: list[str], pythons: Sequence[str]) -> Iterator[None]:
    """Note why one Python cannot read it, and go on with the next."""
    try:
        yield
    except Unreadable as reason:
        reasons.append(f"not of Python {' or '.join(pythons)}: {reason}")


def _code(compiled: Compiled, python: str) -> Code:
    """A code object and those within it, as one Python reads them."""
    found = steps(compiled.code, python)
    windows.check(compiled, python, found)
    instructions = lower(compiled, python, found, lines(compiled, python))
    # Lowered KW_NAMES and RETURN_CONST have a value on the stack that CPython keeps elsewhere.
    stack_check.check(instructions, compiled.stacksize + (python in ("3.11", "3.12", "3.13")))
    return Code(
        name=compiled.name,
        python=python,
        argcount=compiled.argcount,
        posonly=compiled.posonly,
        kwonly=compiled.kwonly,
        flags=compiled.flags,
        varnames=compiled.varnames,
        names=compiled.names,
        freevars=compiled.freevars,
        cellvars=compiled.cellvars,
        consts=tuple(_code(item, python) if isinstance(item, Compiled) else item for item in compiled.consts),
        instructions=instructions,
    )
