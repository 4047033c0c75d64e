"""Instructions that move values on the stack and compute with them."""

from __future__ import annotations

from bytecode.instructions.definition import Handler, bits, count, instruction
from bytecode.interpreter import operators, strings
from bytecode.interpreter.context import Context
from bytecode.interpreter.frame import Frame

_UNARY = {"UNARY_POSITIVE": "+", "UNARY_NEGATIVE": "-", "UNARY_NOT": "not", "UNARY_INVERT": "~"}


@instruction("POP_TOP", pops=1)
def pop_top(_: Context, frame: Frame, __: None) -> None:
    frame.pop()


@instruction("COPY", argument="depth", pops=count, pushes=lambda depth: depth + 1)
def copy(_: Context, frame: Frame, depth: int) -> None:
    frame.push(frame.peek(depth))


@instruction("SWAP", argument="depth", pops=count, pushes=count)
def swap(_: Context, frame: Frame, depth: int) -> None:
    lower = frame.peek(depth)
    frame.stack[-depth], frame.stack[-1] = frame.stack[-1], lower


@instruction("ROT_N", argument="depth", pops=count, pushes=count)
def rot_n(_: Context, frame: Frame, depth: int) -> None:
    *lower, top = frame.take(depth)
    frame.stack += [top, *lower]


def _unary(sign: str) -> Handler:
    return lambda context, frame, _: frame.push(operators.unary(context, sign, frame.pop()))


UNARY = tuple(instruction(name, pops=1, pushes=1)(_unary(sign)) for name, sign in _UNARY.items())


@instruction("BINARY_OP", argument="lowered", pops=2, pushes=1)
def binary_op(context: Context, frame: Frame, sign: str) -> None:
    """`sign` is what stands between the values, such as `+`, or `+=`; `/2` is the division of Python 2."""
    inplace = sign.endswith("=")
    frame.push(operators.binary(context, sign.rstrip("="), *frame.take(2), inplace=inplace))


@instruction("COMPARE_OP", argument="lowered", pops=2, pushes=1)
def compare_op(context: Context, frame: Frame, sign: str) -> None:
    frame.push(operators.compare(context, sign, *frame.take(2)))


@instruction("BINARY_SUBSCR", pops=2, pushes=1)
def binary_subscr(context: Context, frame: Frame, _: None) -> None:
    frame.push(operators.subscript(context, *frame.take(2)))


@instruction("STORE_SUBSCR", pops=3)
def store_subscr(context: Context, frame: Frame, _: None) -> None:
    value, owner, key = frame.take(3)
    operators.store_subscript(context, owner, key, value)


def _slice(has: int) -> Handler:
    """Python 2: bit 1 stands for a start, bit 2 for a stop."""

    def handler(context: Context, frame: Frame, _: None) -> None:
        stop = frame.pop() if has & 2 else None
        start = frame.pop() if has & 1 else None
        frame.push(operators.subscript(context, frame.pop(), slice(start, stop)))

    return handler


SLICES = tuple(instruction(f"SLICE+{has}", pops=1 + bits(has), pushes=1)(_slice(has)) for has in range(4))


@instruction("FORMAT_VALUE", argument="lowered", pops=lambda flags: 1 + (flags >> 2), pushes=1)
def format_value(context: Context, frame: Frame, flags: int) -> None:
    spec = frame.pop() if flags & 4 else ""
    frame.push(strings.piece(context, frame.pop(), flags & 3, spec))


@instruction("BUILD_STRING", argument="count", pops=count, pushes=1)
def build_string(context: Context, frame: Frame, number: int) -> None:
    frame.push(strings.joined(context, frame.take(number)))
