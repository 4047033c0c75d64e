"""Checks how deep the stack gets on every path: a function that no compiler writes is not of this Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from bytecode.code import Instruction
from bytecode.instructions.table import INSTRUCTIONS
from bytecode.refusals import Unreadable

MAX_BLOCKS = 20
"""Nested loops, `try` and `with` statements: as many as Python itself allows."""


class _State(NamedTuple):
    """The depth of the stack, and the open blocks: where a loop ends, None for `try` and `with`, and its depth."""

    depth: int
    blocks: tuple[tuple[int | None, int], ...] = ()

    def plus(self, change: int) -> _State:
        return self._replace(depth=self.depth + change)

    def within(self, target: int | None) -> _State:
        """The state in a block that a `break` leaves for `target`."""
        if len(self.blocks) == MAX_BLOCKS:
            raise Unreadable(f"more than {MAX_BLOCKS} nested loops or other blocks")
        return self._replace(blocks=(*self.blocks, (target, self.depth)))


def check(instructions: Sequence[Instruction], most: int) -> None:
    """Go through every path once. Raises `Unreadable` if the depth is below 0, above `most`, or depends on the path."""
    seen: dict[int, _State] = {}
    waiting = [(0, _State(0))]
    while waiting:
        number, state = waiting.pop()
        if number >= len(instructions):
            raise Unreadable("the code ends without a return")
        if number in seen:
            if seen[number] != state:
                raise Unreadable(f"instruction {number} is reached with {seen[number].depth} and {state.depth} values")
            continue
        seen[number] = state
        waiting += list(_after(instructions[number], number, state, most))


def _after(step: Instruction, number: int, state: _State, most: int) -> Iterator[tuple[int, _State]]:
    """The instructions that may come next, each with its state of the stack; none after what is refused."""
    definition = INSTRUCTIONS.get(step.op)
    if definition is None:
        return
    pops, pushes = definition.effect(step.argument)
    if pops > state.depth:
        raise Unreadable(f"instruction {number}, {step.op}, takes {pops} of {state.depth} values")
    after = state.plus(pushes - pops)
    if max(after.depth, state.depth) > most:
        raise Unreadable(f"{after.depth} values are on a stack of {most}")
    if step.op == "RETURN_VALUE" and after.depth and not state.blocks:
        raise Unreadable(f"{after.depth} values are left on the stack")
    if step.op in _BLOCKS:
        yield from _BLOCKS[step.op](step.argument, number, after)
    elif definition.pushes is not None:
        yield number + 1, after
    if definition.jump_pushes is not None:
        yield step.argument, state.plus(definition.jump_pushes - pops)


def _setup_loop(target: int, number: int, state: _State) -> Iterator[tuple[int, _State]]:
    yield number + 1, state.within(target)


def _setup_finally(_: Any, number: int, state: _State) -> Iterator[tuple[int, _State]]:
    yield number + 1, state.within(None)


def _pop_block(_: Any, number: int, state: _State) -> Iterator[tuple[int, _State]]:
    if not state.blocks:
        raise Unreadable(f"instruction {number} ends a loop outside of a loop")
    yield number + 1, state._replace(blocks=state.blocks[:-1])


def _break_loop(_: Any, number: int, state: _State) -> Iterator[tuple[int, _State]]:
    if not state.blocks:
        raise Unreadable(f"instruction {number} leaves a loop outside of a loop")
    target, depth = state.blocks[-1]
    if target is not None:  # otherwise from within `try` or `with`, which is refused when it is executed
        yield target, _State(depth, state.blocks[:-1])


_BLOCKS: dict[str, Callable[[Any, int, _State], Iterator[tuple[int, _State]]]] = {
    "SETUP_LOOP": _setup_loop,
    "SETUP_FINALLY": _setup_finally,
    "POP_BLOCK": _pop_block,
    "BREAK_LOOP": _break_loop,
}
