"""What each of the common instructions does to a frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bytecode.interpreter import library_names, operators, strings
from bytecode.interpreter.arithmetic import plainly
from bytecode.interpreter.context import Context
from bytecode.interpreter.frame import Frame
from bytecode.interpreter.instructions import calls, containers, scopes
from bytecode.interpreter.values import NULL
from bytecode.refusals import Refused, Unknown

Handler = Callable[[Context, Frame, Any], None]


def _const(_: Context, frame: Frame, number: int) -> None:
    if not 0 <= number < len(frame.code.consts):
        raise Refused(f"there is no constant {number}")
    frame.push(frame.code.consts[number])


def _fast(_: Context, frame: Frame, name: str) -> None:
    if name not in frame.variables:
        raise Refused(f"the variable {name} has no value yet", name)
    frame.push(frame.variables[name])


def _store_fast(_: Context, frame: Frame, name: str) -> None:
    """What had no value has none again: since 3.12 a comprehension puts back what its names held before."""
    value = frame.pop()
    if value is NULL:
        frame.variables.pop(name, None)
    else:
        frame.variables[name] = value


def _fast_clear(_: Context, frame: Frame, name: str) -> None:
    frame.push(frame.variables.pop(name, NULL))


def _delete_fast(_: Context, frame: Frame, name: str) -> None:
    frame.variables.pop(name, None)


def _deref(_: Context, frame: Frame, name: str) -> None:
    frame.push(_cell(frame, name).get())


def _store_deref(_: Context, frame: Frame, name: str) -> None:
    _cell(frame, name).value = frame.pop()


def _closure(_: Context, frame: Frame, name: str) -> None:
    frame.push(_cell(frame, name))


def _cell(frame: Frame, name: str) -> Any:
    if name not in frame.cells:
        raise Refused(f"the variable {name} has no value in the file", name)
    return frame.cells[name]


def _pop(_: Context, frame: Frame, __: None) -> None:
    frame.pop()


def _attribute(context: Context, frame: Frame, name: str) -> None:
    frame.push(context.attribute(frame.pop(), name))


def _unary(context: Context, frame: Frame, sign: str) -> None:
    frame.push(operators.unary(context, sign, frame.pop()))


def _binary(context: Context, frame: Frame, sign: str) -> None:
    frame.push(operators.binary(context, sign, *frame.take(2)))


def _inplace(context: Context, frame: Frame, sign: str) -> None:
    frame.push(operators.binary(context, sign, *frame.take(2), inplace=True))


def _compare(context: Context, frame: Frame, sign: str) -> None:
    frame.push(operators.compare(context, sign, *frame.take(2)))


def _subscript(context: Context, frame: Frame, _: None) -> None:
    frame.push(operators.subscript(context, *frame.take(2)))


def _slice(context: Context, frame: Frame, bits: int) -> None:
    """Python 2: bit 1 stands for a start, bit 2 for a stop."""
    stop = frame.pop() if bits & 2 else None
    start = frame.pop() if bits & 1 else None
    frame.push(operators.subscript(context, frame.pop(), slice(start, stop)))


def _copy(_: Context, frame: Frame, depth: int) -> None:
    frame.push(frame.peek(depth))


def _swap(_: Context, frame: Frame, depth: int) -> None:
    lower = frame.peek(depth)
    frame.stack[-depth], frame.stack[-1] = frame.stack[-1], lower


def _rot(_: Context, frame: Frame, count: int) -> None:
    *lower, top = frame.take(count)
    frame.stack += [top, *lower]


def _jump(_: Context, frame: Frame, target: int) -> None:
    frame.number = target


def _pop_jump(wanted: bool) -> Handler:
    def handler(context: Context, frame: Frame, target: int) -> None:
        if operators.truth(context, frame.pop()) is wanted:
            frame.number = target

    return handler


def _pop_jump_none(wanted: bool) -> Handler:
    def handler(_: Context, frame: Frame, target: int) -> None:
        if (frame.pop() is None) is wanted:
            frame.number = target

    return handler


def _jump_or_pop(wanted: bool) -> Handler:
    def handler(context: Context, frame: Frame, target: int) -> None:
        if operators.truth(context, frame.peek(1)) is wanted:
            frame.number = target
        else:
            frame.pop()

    return handler


def _iter(context: Context, frame: Frame, _: None) -> None:
    frame.push(context.iterate(frame.pop()))


def _for_iter(context: Context, frame: Frame, target: int) -> None:
    item = plainly("for", next, context.iterate(frame.peek(1)), NULL)
    if item is NULL:
        frame.pop()
        frame.number = target
    else:
        frame.push(item)


def _setup_loop(_: Context, frame: Frame, target: int) -> None:
    frame.blocks.append((target, len(frame.stack)))


def _return(_: Context, frame: Frame, __: None) -> None:
    frame.result = frame.pop()


def _yield(context: Context, frame: Frame, _: None) -> None:
    frame.yields.append(frame.pop())
    context.budget.sized(len(frame.yields))
    frame.push(None)


def _format_value(context: Context, frame: Frame, flags: int) -> None:
    spec = frame.pop() if flags & 4 else ""
    frame.push(strings.piece(context, frame.pop(), flags & 3, spec))


def _import(_: Context, frame: Frame, name: str) -> None:
    level, wanted = frame.take(2)
    if level not in (0, -1):
        raise Unknown(f"relative import of {name}", name)
    frame.push(library_names.module(name, bool(wanted)))


def _import_from(context: Context, frame: Frame, name: str) -> None:
    frame.push(context.attribute(frame.peek(1), name))


HANDLERS: dict[str, Handler] = {
    "CONST": _const,
    "NONE": lambda _, frame, __: frame.push(None),
    "FAST_CLEAR": _fast_clear,
    "NULL": lambda _, frame, __: frame.push(NULL),
    "POP": _pop,
    "FAST": _fast,
    "STORE_FAST": _store_fast,
    "DELETE_FAST": _delete_fast,
    "GLOBAL": lambda context, frame, name: frame.push(context.name(name)),
    "DEREF": _deref,
    "STORE_DEREF": _store_deref,
    "CLOSURE": _closure,
    "ATTRIBUTE": _attribute,
    "UNARY": _unary,
    "BINARY": _binary,
    "INPLACE": _inplace,
    "COMPARE": _compare,
    "SUBSCRIPT": _subscript,
    "SLICE": _slice,
    "COPY": _copy,
    "SWAP": _swap,
    "ROT": _rot,
    "JUMP": _jump,
    "POP_JUMP_IF_FALSE": _pop_jump(False),
    "POP_JUMP_IF_TRUE": _pop_jump(True),
    "POP_JUMP_IF_NONE": _pop_jump_none(True),
    "POP_JUMP_IF_NOT_NONE": _pop_jump_none(False),
    "JUMP_IF_FALSE_OR_POP": _jump_or_pop(False),
    "JUMP_IF_TRUE_OR_POP": _jump_or_pop(True),
    "ITER": _iter,
    "FOR_ITER": _for_iter,
    "SETUP_LOOP": _setup_loop,
    "RETURN": _return,
    "YIELD": _yield,
    "IMPORT": _import,
    "IMPORT_FROM": _import_from,
    **containers.HANDLERS,
    **calls.HANDLERS,
    **scopes.HANDLERS,
    "FORMAT_VALUE": _format_value,
    "BUILD_STRING": lambda context, frame, count: frame.push(strings.joined(context, frame.take(count))),
}
