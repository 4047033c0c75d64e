"""The definition of an instruction: CPython's name for it, its argument, its effect on the stack, and its handler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Union

from bytecode.interpreter.context import Context
from bytecode.interpreter.frame import Frame

Handler = Callable[[Context, Frame, Any], None]
Count = Union[int, Callable[[Any], int]]
"""How many values, or how many for an argument."""


@dataclass(frozen=True)
class Definition:
    """One instruction as the interpreter has it.

    `argument` is None where there is none, "count", "depth" (1 is the uppermost value), "target" (the number of an
    instruction), one of the lists of the code object that it is an index of ("consts", "names", "slots", "cells"), or
    "lowered": what `reading/lowering_rules.py` makes of it, and the handler describes.

    `pushes` is None where execution does not go on with the next instruction; `jump_pushes` is how many values are
    pushed when it goes on at the target, None if it never does.
    """

    name: str
    handler: Handler
    argument: str | None
    pops: Count
    pushes: Count | None
    jump_pushes: int | None

    def effect(self, argument: Any) -> tuple[int, int]:
        """How many values it pops, and how many it pushes when execution goes on with the next instruction."""
        return _number(self.pops, argument), _number(self.pushes or 0, argument)


def _number(count: Count, argument: Any) -> int:
    return count(argument) if callable(count) else count


def instruction(
    name: str,
    *,
    argument: str | None = None,
    pops: Count = 0,
    pushes: Count | None = 0,
    jump_pushes: int | None = None,
) -> Callable[[Handler], Definition]:
    """Decorate the handler of an instruction, which becomes its definition."""
    return lambda handler: Definition(name, handler, argument, pops, pushes, jump_pushes)


def count(number: int) -> int:
    """As many values as the argument says."""
    return number


def bits(flags: int) -> int:
    """As many values as there are bits in the argument."""
    return bin(flags).count("1")
