"""From marshalled bytes to a function: which Python wrote it is told from the code object itself."""

from __future__ import annotations

from collections.abc import Iterator

from interchange.bytecode import depths, marshalled
from interchange.bytecode.code import Code
from interchange.bytecode.compiled import LAYOUTS, Compiled
from interchange.bytecode.decode import steps
from interchange.bytecode.lines import lines
from interchange.bytecode.normalise import normalise
from interchange.bytecode.refusals import Unreadable


def read(data: bytes) -> Code:
    """The function in these bytes, with the Python that wrote it.

    Pythons share layouts of code objects, so that code of 3.5 unmarshals in 3.6 although its bytes mean something
    else. All are tried; where several can read it, they have to agree on what it means.
    """
    readings, reasons = [], []
    for compiled in _layouts(data, reasons):
        for python in compiled.layout.pythons:
            try:
                readings.append(_code(compiled, python))
            except Unreadable as reason:
                reasons.append(f"not of Python {python}: {reason}")
    if not readings:
        raise Unreadable("; ".join(reasons))
    for other in readings[1:]:
        if not other.same_as(readings[0]):
            raise Unreadable(f"Python {readings[0].python} and {other.python} both read it, as different functions")
    return readings[-1]


def _layouts(data: bytes, reasons: list[str]) -> Iterator[Compiled]:
    for layout in LAYOUTS:
        try:
            yield marshalled.parse(data, layout)
        except Unreadable as reason:
            reasons.append(
                f"not of Python {' to '.join(sorted({layout.pythons[0], layout.pythons[-1]}, key=len))}: {reason}"
            )


def _code(compiled: Compiled, python: str) -> Code:
    """One reading of a code object, and of the ones within it."""
    instructions = normalise(compiled, python, steps(compiled.code, python), lines(compiled, python))
    names = (
        1 if python == "3.11" else 0
    )  # KW_NAMES keeps the names of arguments elsewhere, the common call on the stack
    depths.check(instructions, compiled.stacksize + names)
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
