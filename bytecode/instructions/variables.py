"""Instructions that load and store variables, constants, attributes and modules."""

from __future__ import annotations

from bytecode.instructions.definition import instruction
from bytecode.interpreter.context import Context
from bytecode.interpreter.frame import Frame
from bytecode.interpreter.values import NULL, Cell
from bytecode.refusals import Refused, Unknown


@instruction("LOAD_CONST", argument="consts", pushes=1)
def load_const(_: Context, frame: Frame, number: int) -> None:
    if not 0 <= number < len(frame.code.consts):
        raise Refused(f"there is no constant {number}")
    frame.push(frame.code.consts[number])


@instruction("PUSH_NULL", pushes=1)
def push_null(_: Context, frame: Frame, __: None) -> None:
    frame.push(NULL)


@instruction("LOAD_FAST", argument="slots", pushes=1)
def load_fast(_: Context, frame: Frame, name: str) -> None:
    if name not in frame.variables:
        raise Refused(f"the variable {name} has no value yet", name)
    frame.push(frame.variables[name])


@instruction("LOAD_FAST_AND_CLEAR", argument="slots", pushes=1)
def load_fast_and_clear(_: Context, frame: Frame, name: str) -> None:
    frame.push(frame.variables.pop(name, NULL))


@instruction("STORE_FAST", argument="slots", pops=1)
def store_fast(_: Context, frame: Frame, name: str) -> None:
    """NULL takes the value away: since 3.12 a comprehension puts back what its variables held before."""
    value = frame.pop()
    if value is NULL:
        frame.variables.pop(name, None)
    else:
        frame.variables[name] = value


@instruction("DELETE_FAST", argument="slots")
def delete_fast(_: Context, frame: Frame, name: str) -> None:
    frame.variables.pop(name, None)


@instruction("LOAD_GLOBAL", argument="names", pushes=1)
def load_global(context: Context, frame: Frame, name: str) -> None:
    frame.push(context.name(name))


@instruction("LOAD_DEREF", argument="cells", pushes=1)
def load_deref(_: Context, frame: Frame, name: str) -> None:
    frame.push(_cell(frame, name).get())


@instruction("STORE_DEREF", argument="cells", pops=1)
def store_deref(_: Context, frame: Frame, name: str) -> None:
    _cell(frame, name).value = frame.pop()


@instruction("LOAD_CLOSURE", argument="cells", pushes=1)
def load_closure(_: Context, frame: Frame, name: str) -> None:
    frame.push(_cell(frame, name))


def _cell(frame: Frame, name: str) -> Cell:
    if name not in frame.cells:
        raise Refused(f"the variable {name} has no value in the file", name)
    return frame.cells[name]


@instruction("LOAD_ATTR", argument="names", pops=1, pushes=1)
def load_attr(context: Context, frame: Frame, name: str) -> None:
    frame.push(context.attribute(frame.pop(), name))


@instruction("IMPORT_NAME", argument="names", pops=2, pushes=1)
def import_name(context: Context, frame: Frame, name: str) -> None:
    level, wanted = frame.take(2)
    if level not in (0, -1):
        raise Unknown(f"relative import of {name}", name)
    frame.push(context.libraries.module(name, bool(wanted)))


@instruction("IMPORT_FROM", argument="names", pops=1, pushes=2)
def import_from(context: Context, frame: Frame, name: str) -> None:
    frame.push(context.attribute(frame.peek(1), name))
