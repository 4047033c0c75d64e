"""Instructions that decide what is executed next: jumps, loops, `with`, `try`, and the end of a function."""

from __future__ import annotations

from bytecode.instructions.definition import Handler, instruction
from bytecode.interpreter import operators
from bytecode.interpreter.arithmetic import plainly
from bytecode.interpreter.context import Context
from bytecode.interpreter.frame import Frame
from bytecode.interpreter.values import NULL, SCOPE
from bytecode.refusals import Refused


@instruction("JUMP_ABSOLUTE", argument="target", pushes=None, jump_pushes=0)
def jump_absolute(_: Context, frame: Frame, target: int) -> None:
    frame.number = target


def _pop_jump_if(wanted: bool) -> Handler:
    def handler(context: Context, frame: Frame, target: int) -> None:
        if operators.truth(context, frame.pop()) is wanted:
            frame.number = target

    return handler


def _pop_jump_if_none(wanted: bool) -> Handler:
    def handler(_: Context, frame: Frame, target: int) -> None:
        if (frame.pop() is None) is wanted:
            frame.number = target

    return handler


_TESTS = {
    "FALSE": _pop_jump_if(False),
    "TRUE": _pop_jump_if(True),
    "NONE": _pop_jump_if_none(True),
    "NOT_NONE": _pop_jump_if_none(False),
}
POP_JUMPS = tuple(
    instruction(f"POP_JUMP_IF_{test}", argument="target", pops=1, jump_pushes=0)(handler)
    for test, handler in _TESTS.items()
)


def _jump_or_pop(wanted: bool) -> Handler:
    def handler(context: Context, frame: Frame, target: int) -> None:
        if operators.truth(context, frame.peek(1)) is wanted:
            frame.number = target
        else:
            frame.pop()

    return handler


JUMPS_OR_POPS = tuple(
    instruction(f"JUMP_IF_{test}_OR_POP", argument="target", pops=1, jump_pushes=1)(_jump_or_pop(test == "TRUE"))
    for test in ("FALSE", "TRUE")
)


@instruction("GET_ITER", pops=1, pushes=1)
def get_iter(context: Context, frame: Frame, _: None) -> None:
    frame.push(context.iterate(frame.pop()))


@instruction("FOR_ITER", argument="target", pops=1, pushes=2, jump_pushes=0)
def for_iter(context: Context, frame: Frame, target: int) -> None:
    """Push the next item, or pop the iterator and jump."""
    item = plainly("for", next, context.iterate(frame.peek(1)), NULL)
    if item is NULL:
        frame.pop()
        frame.number = target
    else:
        frame.push(item)


@instruction("RETURN_VALUE", pops=1, pushes=None)
def return_value(_: Context, frame: Frame, __: None) -> None:
    frame.result = frame.pop()


@instruction("YIELD_VALUE", pops=1, pushes=1)
def yield_value(context: Context, frame: Frame, _: None) -> None:
    frame.yields.append(frame.pop())
    context.budget.sized(len(frame.yields))
    frame.push(None)


@instruction("SETUP_LOOP", argument="target")
def setup_loop(_: Context, frame: Frame, target: int) -> None:
    frame.blocks.append((target, len(frame.stack)))


@instruction("SETUP_FINALLY")
def setup_finally(_: Context, frame: Frame, __: None) -> None:
    """Enter `try` or `with`: what handles an exception is never executed."""
    frame.blocks.append((None, len(frame.stack)))


@instruction("POP_BLOCK")
def pop_block(_: Context, frame: Frame, __: None) -> None:
    if not frame.blocks:
        raise Refused("a loop ends outside of a loop")
    frame.blocks.pop()


@instruction("BREAK_LOOP", pushes=None)
def break_loop(_: Context, frame: Frame, __: None) -> None:
    if not frame.blocks or frame.blocks[-1][0] is None:
        raise Refused("break within try or with, or outside of a loop", "BREAK_LOOP")
    target, depth = frame.blocks.pop()
    frame.number = int(target or 0)
    del frame.stack[depth:]


@instruction("BEFORE_WITH", pops=1, pushes=2)
def before_with(_: Context, frame: Frame, __: None) -> None:
    if frame.pop() is not SCOPE:
        raise Refused("with for anything other than a name scope", "with")
    frame.push(SCOPE)
    frame.push("scope")


@instruction("WITH_CLEANUP", pops=2, pushes=1)
def with_cleanup(_: Context, frame: Frame, __: None) -> None:
    """Up to 3.8: the scope lies below a None, which means that nothing was raised."""
    scope, nothing = frame.take(2)
    if scope is not SCOPE or nothing is not None:
        raise Refused("with for anything other than a name scope", "with")
    frame.push(None)


def _push_none(_: Context, frame: Frame, __: None) -> None:
    """What the next instruction pops: a generator, no exception, or the iterator that FOR_ITER has popped."""
    frame.push(None)


PUSHING_NONE = tuple(
    instruction(name, pushes=1)(_push_none) for name in ("RETURN_GENERATOR", "BEGIN_FINALLY", "END_FOR")
)
