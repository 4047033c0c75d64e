"""One call of a function: its variables, and the stack of values that its instructions work on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from bytecode.code import Code
from bytecode.interpreter.values import NULL, Cell
from bytecode.refusals import Refused

_EMPTY = "the stack runs empty"


@dataclass
class Frame:
    """A call in progress; `number` is the next instruction, `result` is NULL until the function returns.

    `blocks` are the loops, `try` and `with` statements it is in, as Python up to 3.10 has them: where a loop ends, None
    for the other two, and how deep the stack was at the start.
    """

    code: Code
    variables: dict[str, Any]
    cells: dict[str, Cell]
    stack: list[Any] = field(default_factory=list)
    blocks: list[tuple[int | None, int]] = field(default_factory=list)
    yields: list[Any] = field(default_factory=list)
    number: int = 0
    result: Any = NULL

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        if not self.stack:
            raise Refused(_EMPTY)
        return self.stack.pop()

    def take(self, count: int) -> list[Any]:
        """Remove and return the uppermost values, the lowest of them first."""
        if not 0 <= count <= len(self.stack):
            raise Refused(_EMPTY)
        taken = self.stack[len(self.stack) - count :]
        del self.stack[len(self.stack) - count :]
        return taken

    def peek(self, depth: int) -> Any:
        """The value that is `depth` values deep; the uppermost is 1 deep."""
        if not 0 < depth <= len(self.stack):
            raise Refused(_EMPTY)
        return self.stack[-depth]
