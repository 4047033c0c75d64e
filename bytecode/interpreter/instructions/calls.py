"""Instructions that call functions and make new ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from bytecode.code import Code
from bytecode.interpreter.context import Context
from bytecode.interpreter.frame import Frame
from bytecode.interpreter.instructions.containers import mapping
from bytecode.interpreter.values import NULL, Cell, Function
from bytecode.refusals import Refused

Handler = Callable[[Context, Frame, Any], None]


def _named(names: Any, values: Sequence[Any]) -> dict[str, Any]:
    """Keyword arguments from the tuple of their names."""
    if not isinstance(names, tuple) or len(names) > len(values) or not all(isinstance(name, str) for name in names):
        raise Refused("a call without the names of its arguments")
    return dict(zip(names, values[len(values) - len(names) :]))


def _call(context: Context, frame: Frame, count: int) -> None:
    target, *args = frame.take(count + 1)
    frame.push(context.call(target, args, {}))


def _call_named(context: Context, frame: Frame, count: int) -> None:
    target, *values, names = frame.take(count + 2)
    kwargs = _named(names, values)
    frame.push(context.call(target, values[: count - len(kwargs)], kwargs))


def _bound(values: Sequence[Any]) -> tuple[Any, list[Any]]:
    """3.11: below the arguments lie a null and the function, or the function and its first argument."""
    first, second, *args = values
    return (second, args) if first is NULL else (first, [second, *args])


def _call_bound(context: Context, frame: Frame, count: int) -> None:
    target, args = _bound(frame.take(count + 2))
    frame.push(context.call(target, args, {}))


def _call_named_bound(context: Context, frame: Frame, count: int) -> None:
    *values, names = frame.take(count + 3)
    target, args = _bound(values)
    kwargs = _named(names, args)
    frame.push(context.call(target, args[: len(args) - len(kwargs)], kwargs))


def _call_pairs(context: Context, frame: Frame, counts: tuple[int, int, int, int]) -> None:
    """Up to 3.5: positional arguments, names with their values, `*args` and `**kwargs`."""
    plain, pairs, star, stars = counts
    more = mapping(frame.pop()) if stars else {}
    spread = context.collect(frame.pop()) if star else []
    flat = frame.take(2 * pairs)
    target, *args = frame.take(plain + 1)
    kwargs = {**_named(tuple(flat[::2]), flat[1::2]), **_named(tuple(more), list(more.values()))}
    frame.push(context.call(target, [*args, *spread], kwargs))


def _call_spread(context: Context, frame: Frame, flags: int) -> None:
    """Since 3.6: `f(*args, **kwargs)`."""
    more = mapping(frame.pop()) if flags & 1 else {}
    target, spread = frame.take(2)
    frame.push(context.call(target, context.collect(spread), _named(tuple(more), list(more.values()))))


def _function(_: Context, frame: Frame, flags: int) -> None:
    """Since 3.6: the code, above what the flags tell of; annotations mean nothing here."""
    code = frame.pop()
    closure = frame.pop() if flags & 8 else ()
    if flags & 4:
        frame.pop()
    kwdefaults = frame.pop() if flags & 2 else {}
    defaults = frame.pop() if flags & 1 else ()
    frame.push(_made(code, defaults, dict(mapping(kwdefaults)), closure))


def _function_over(_: Context, frame: Frame, counts: tuple[int, int]) -> None:
    """Up to 3.5: the code, above its closure and its defaults."""
    code = frame.pop()
    closure = frame.pop() if counts[1] else ()
    frame.push(_made(code, tuple(frame.take(counts[0])), {}, closure))


def _made(code: Any, defaults: Any, kwdefaults: dict[str, Any], closure: Any) -> Function:
    cells = isinstance(closure, (tuple, list)) and all(isinstance(cell, Cell) for cell in closure)
    if not isinstance(code, Code) or not isinstance(defaults, tuple) or not cells or len(closure) != len(code.freevars):
        raise Refused("a function is made of what is no function")
    return Function(code, defaults, kwdefaults, tuple(closure))


HANDLERS: dict[str, Handler] = {
    "CALL": _call,
    "CALL_NAMED": _call_named,
    "CALL_BOUND": _call_bound,
    "CALL_NAMED_BOUND": _call_named_bound,
    "CALL_PAIRS": _call_pairs,
    "CALL_SPREAD": _call_spread,
    "FUNCTION": _function,
    "FUNCTION_OVER": _function_over,
}
