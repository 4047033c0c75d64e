"""How deep the stack gets on every path: what no compiler writes is no function of this Python."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from bytecode.code import Instruction
from bytecode.refusals import Unreadable

MAX_BLOCKS = 20
"""Loops and the like within each other: as many as Python itself allows."""


class _State(NamedTuple):
    """The depth of the stack, and what is open: where a loop of old ends, None for `try` and `with`, and its depth."""

    depth: int
    loops: tuple[tuple[int | None, int], ...] = ()

    def plus(self, change: int) -> _State:
        return self._replace(depth=self.depth + change)

    def within(self, target: int | None) -> _State:
        """The state in a block that a `break` leaves for `target`."""
        if len(self.loops) == MAX_BLOCKS:
            raise Unreadable(f"more than {MAX_BLOCKS} loops or other blocks stand within each other")
        return self._replace(loops=(*self.loops, (target, self.depth)))


# What an instruction takes from the stack and puts on it, where that depends on nothing.
_FIXED = {
    "CONST": (0, 1), "NONE": (0, 1), "NULL": (0, 1), "FAST": (0, 1), "FAST_CLEAR": (0, 1), "GLOBAL": (0, 1),
    "DEREF": (0, 1), "CLOSURE": (0, 1),
    "STORE_FAST": (1, 0), "STORE_DEREF": (1, 0), "DELETE_FAST": (0, 0), "POP": (1, 0), "ATTRIBUTE": (1, 1),
    "UNARY": (1, 1), "BINARY": (2, 1), "INPLACE": (2, 1), "COMPARE": (2, 1), "SUBSCRIPT": (2, 1),
    "STORE_SUBSCRIPT": (3, 0), "ITER": (1, 1), "YIELD": (1, 1), "STORE_MAP": (3, 1),
    "TO_TUPLE": (1, 1), "IMPORT": (2, 1), "IMPORT_FROM": (1, 2), "RETURN": (1, 0), "JUMP": (0, 0), "BREAK": (0, 0),
    "SETUP_LOOP": (0, 0), "POP_BLOCK": (0, 0), "POP_JUMP_IF_FALSE": (1, 0), "POP_JUMP_IF_TRUE": (1, 0),
    "POP_JUMP_IF_NONE": (1, 0), "POP_JUMP_IF_NOT_NONE": (1, 0), "REFUSE": (0, 0), "JUMP_IF_FALSE_OR_POP": (1, 1),
    "JUMP_IF_TRUE_OR_POP": (1, 1), "FOR_ITER": (1, 2), "ENTER": (1, 2), "LEAVE": (2, 1), "SETUP_BLOCK": (0, 0),
}  # fmt: skip


def effect(op: str, argument: Any) -> tuple[int, int]:
    """How many values an instruction takes from the stack, and how many it puts there when it goes on."""
    if op in _FIXED:
        return _FIXED[op]
    return _COUNTED[op](argument)


_COUNTED: dict[str, Callable[[Any], tuple[int, int]]] = {
    "BUILD_TUPLE": lambda n: (n, 1),
    "BUILD_LIST": lambda n: (n, 1),
    "BUILD_SET": lambda n: (n, 1),
    "BUILD_SLICE": lambda n: (n, 1),
    "BUILD_MAP": lambda n: (2 * n, 1),
    "BUILD_NAMED_MAP": lambda n: (n + 1, 1),
    "JOIN": lambda kind_and_count: (kind_and_count[1], 1),
    "SLICE": lambda bits: (1 + bin(bits).count("1"), 1),
    "LIST_APPEND": lambda n: (n + 1, n),
    "SET_ADD": lambda n: (n + 1, n),
    "LIST_EXTEND": lambda n: (n + 1, n),
    "SET_UPDATE": lambda n: (n + 1, n),
    "DICT_UPDATE": lambda n: (n + 1, n),
    "MAP_ADD": lambda n: (n + 2, n),
    "MAP_ADD_REVERSED": lambda n: (n + 2, n),
    "UNPACK": lambda n: (1, n),
    "UNPACK_MORE": lambda counts: (1, sum(counts) + 1),
    "CALL": lambda n: (n + 1, 1),
    "CALL_NAMED": lambda n: (n + 2, 1),
    "CALL_BOUND": lambda n: (n + 2, 1),
    "CALL_NAMED_BOUND": lambda n: (n + 3, 1),
    "CALL_PAIRS": lambda counts: (counts[0] + 2 * counts[1] + counts[2] + counts[3] + 1, 1),
    "CALL_SPREAD": lambda flags: (2 + (flags & 1), 1),
    "FUNCTION": lambda flags: (1 + bin(flags).count("1"), 1),
    "FUNCTION_OVER": lambda counts: (sum(counts) + 1, 1),
    "FORMAT_VALUE": lambda flags: (1 + (flags >> 2), 1),
    "BUILD_STRING": lambda n: (n, 1),
    "COPY": lambda n: (n, n + 1),
    "SWAP": lambda n: (n, n),
    "ROT": lambda n: (n, n),
}


def check(instructions: Sequence[Instruction], most: int) -> None:
    """Follow every path once. Unreadable if the stack runs empty, outgrows `most`, or depends on the path."""
    seen: dict[int, _State] = {}
    waiting = [(0, _State(0))]
    while waiting:
        number, state = waiting.pop()
        if number >= len(instructions):
            raise Unreadable("a path leaves the code")
        if number in seen:
            if seen[number] != state:
                raise Unreadable(f"instruction {number} is reached with {seen[number].depth} and {state.depth} values")
            continue
        seen[number] = state
        waiting += list(_after(instructions[number], number, state, most))


def _after(step: Instruction, number: int, state: _State, most: int) -> Iterator[tuple[int, _State]]:
    """The instructions that may come next, each with its state of the stack."""
    takes, puts = effect(step.op, step.argument)
    if takes > state.depth:
        raise Unreadable(f"instruction {number}, {step.op}, takes {takes} of {state.depth} values")
    after = state.plus(puts - takes)
    if max(after.depth, state.depth) > most:
        raise Unreadable(f"{after.depth} values are on a stack of {most}")
    if step.op == "RETURN":
        if after.depth and not state.loops:
            raise Unreadable(f"{after.depth} values are left behind")
    elif step.op in _SPECIAL:
        yield from _SPECIAL[step.op](step.argument, number, after)
    elif step.op != "REFUSE":
        yield number + 1, after
        if step.op.startswith("POP_JUMP"):
            yield step.argument, after


def _or_pop(target: int, number: int, state: _State) -> Iterator[tuple[int, _State]]:
    yield target, state
    yield number + 1, state.plus(-1)


def _for_iter(target: int, number: int, state: _State) -> Iterator[tuple[int, _State]]:
    yield target, state.plus(-2)
    yield number + 1, state


def _break(_: Any, number: int, state: _State) -> Iterator[tuple[int, _State]]:
    if not state.loops:
        raise Unreadable(f"instruction {number} leaves a loop outside of one")
    target, depth = state.loops[-1]
    if target is not None:  # otherwise from within `try` or `with`, which is refused when it is followed
        yield target, _State(depth, state.loops[:-1])


def _pop_block(_: Any, number: int, state: _State) -> Iterator[tuple[int, _State]]:
    if not state.loops:
        raise Unreadable(f"instruction {number} ends a loop outside of one")
    yield number + 1, state._replace(loops=state.loops[:-1])


def _setup_loop(target: int, number: int, state: _State) -> Iterator[tuple[int, _State]]:
    yield number + 1, state.within(target)


def _setup_block(_: Any, number: int, state: _State) -> Iterator[tuple[int, _State]]:
    yield number + 1, state.within(None)


_SPECIAL: dict[str, Any] = {
    "JUMP": lambda target, _, state: iter(((target, state),)),
    "JUMP_IF_FALSE_OR_POP": _or_pop,
    "JUMP_IF_TRUE_OR_POP": _or_pop,
    "FOR_ITER": _for_iter,
    "SETUP_LOOP": _setup_loop,
    "SETUP_BLOCK": _setup_block,
    "POP_BLOCK": _pop_block,
    "BREAK": _break,
}
