"""Binds the arguments of a call to the parameters of a function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bytecode.code import VARARGS, VARKEYWORDS
from bytecode.interpreter.values import Function
from bytecode.refusals import Refused


def bind(function: Function, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The variables that a call of `function` starts with."""
    code = function.code
    named = code.varnames[: code.argcount]
    keywords = code.varnames[code.argcount : code.argcount + code.kwonly]
    found = dict(zip(named, args))
    more: dict[str, Any] = {}
    for name, value in kwargs.items():
        _place(function, found, more, name, value)
    defaults = dict(zip(named[len(named) - len(function.defaults) :], function.defaults))
    for name in (*named, *keywords):
        if name not in found:
            found[name] = _default(function, {**defaults, **function.kwdefaults}, name)
    return {**found, **_stars(function, args[code.argcount :], more)}


def _place(function: Function, found: dict[str, Any], more: dict[str, Any], name: str, value: Any) -> None:
    code = function.code
    if name in code.varnames[code.posonly : code.argcount + code.kwonly]:
        if name in found:
            raise Refused(f"{code.name} is given {name} twice", name)
        found[name] = value
    elif code.flags & VARKEYWORDS:
        more[name] = value
    else:
        raise Refused(f"{code.name} takes no argument {name}", name)


def _default(function: Function, defaults: Mapping[str, Any], name: str) -> Any:
    if name not in defaults:
        raise Refused(f"{function.code.name} is called without its argument {name}", name)
    return defaults[name]


def _stars(function: Function, args: Sequence[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    """The values of `*args` and `**kwargs`, if the function has them."""
    code = function.code
    rest = iter(code.varnames[code.argcount + code.kwonly :])
    found: dict[str, Any] = {}
    if code.flags & VARARGS:
        found[next(rest)] = tuple(args)
    elif args:
        raise Refused(f"{code.name} is given {len(args)} arguments too many")
    if code.flags & VARKEYWORDS:
        found[next(rest)] = kwargs
    return found
