"""Instructions that call functions and make new ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bytecode.code import Code
from bytecode.instructions.definition import bits, instruction
from bytecode.interpreter.context import Context
from bytecode.interpreter.frame import Frame
from bytecode.interpreter.operators import mapping
from bytecode.interpreter.values import NULL, Cell, Function
from bytecode.refusals import Refused


def _named(names: Any, values: Sequence[Any]) -> dict[str, Any]:
    """Keyword arguments from the tuple of their names."""
    if not isinstance(names, tuple) or len(names) > len(values) or not all(isinstance(name, str) for name in names):
        raise Refused("a call without the names of its arguments")
    return dict(zip(names, values[len(values) - len(names) :]))


@instruction("CALL_FUNCTION", argument="lowered", pops=lambda number: number + 1, pushes=1)
def call_function(context: Context, frame: Frame, number: int) -> None:
    target, *args = frame.take(number + 1)
    frame.push(context.call(target, args, {}))


@instruction("CALL_FUNCTION_KW", argument="lowered", pops=lambda number: number + 2, pushes=1)
def call_function_kw(context: Context, frame: Frame, number: int) -> None:
    target, *values, names = frame.take(number + 2)
    kwargs = _named(names, values)
    frame.push(context.call(target, values[: number - len(kwargs)], kwargs))


def _target(values: Sequence[Any]) -> tuple[Any, list[Any]]:
    """Since 3.11: below the arguments lie NULL and the function, or the function and its first argument."""
    first, second, *args = values
    return (second, args) if first is NULL else (first, [second, *args])


@instruction("CALL", argument="count", pops=lambda number: number + 2, pushes=1)
def call(context: Context, frame: Frame, number: int) -> None:
    target, args = _target(frame.take(number + 2))
    frame.push(context.call(target, args, {}))


@instruction("CALL_KW", argument="count", pops=lambda number: number + 3, pushes=1)
def call_kw(context: Context, frame: Frame, number: int) -> None:
    *values, names = frame.take(number + 3)
    target, args = _target(values)
    kwargs = _named(names, args)
    frame.push(context.call(target, args[: len(args) - len(kwargs)], kwargs))


@instruction("CALL_FUNCTION_VAR_KW", argument="lowered", pops=lambda counts: 1 + counts[1] + sum(counts), pushes=1)
def call_function_var_kw(context: Context, frame: Frame, counts: tuple[int, int, int, int]) -> None:
    """Up to 3.5: how many positional arguments, names with their values, `*args` and `**kwargs` there are."""
    plain, pairs, star, stars = counts
    more = mapping(frame.pop()) if stars else {}
    spread = context.collect(frame.pop()) if star else []
    flat = frame.take(2 * pairs)
    target, *args = frame.take(plain + 1)
    kwargs = {**_named(tuple(flat[::2]), flat[1::2]), **_named(tuple(more), list(more.values()))}
    frame.push(context.call(target, [*args, *spread], kwargs))


@instruction("CALL_FUNCTION_EX", argument="lowered", pops=lambda flags: 2 + (flags & 1), pushes=1)
def call_function_ex(context: Context, frame: Frame, flags: int) -> None:
    """`f(*args, **kwargs)`."""
    more = mapping(frame.pop()) if flags & 1 else {}
    target, spread = frame.take(2)
    frame.push(context.call(target, context.collect(spread), _named(tuple(more), list(more.values()))))


@instruction("MAKE_FUNCTION", argument="lowered", pops=lambda flags: 1 + bits(flags), pushes=1)
def make_function(_: Context, frame: Frame, flags: int) -> None:
    """The code lies above what the flags stand for; annotations are left out."""
    code = frame.pop()
    closure = frame.pop() if flags & 8 else ()
    if flags & 4:
        frame.pop()
    kwdefaults = frame.pop() if flags & 2 else {}
    defaults = frame.pop() if flags & 1 else ()
    frame.push(_function(code, defaults, dict(mapping(kwdefaults)), closure))


@instruction("MAKE_CLOSURE", argument="lowered", pops=lambda counts: 1 + sum(counts), pushes=1)
def make_closure(_: Context, frame: Frame, counts: tuple[int, int]) -> None:
    """Up to 3.5: the code lies above its closure, if it has one, and its defaults."""
    code = frame.pop()
    closure = frame.pop() if counts[1] else ()
    frame.push(_function(code, tuple(frame.take(counts[0])), {}, closure))


def _function(code: Any, defaults: Any, kwdefaults: dict[str, Any], closure: Any) -> Function:
    cells = isinstance(closure, (tuple, list)) and all(isinstance(cell, Cell) for cell in closure)
    if not isinstance(code, Code) or not isinstance(defaults, tuple) or not cells or len(closure) != len(code.freevars):
        raise Refused("a function without its code, defaults or closure")
    return Function(code, defaults, kwdefaults, tuple(closure))
