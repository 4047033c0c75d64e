"""Python's built-in functions, as far as functions on tensors need them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from bytecode.interpreter import operators
from bytecode.interpreter.arithmetic import plainly
from bytecode.interpreter.context import Context
from bytecode.interpreter.operators import key
from bytecode.interpreter.values import BUILTINS, NULL, NUMPY, Function, Symbol
from bytecode.refusals import Refused

CONSTANTS = {"True": True, "False": False, "None": None, "Ellipsis": ...}  # names like others in Python 2
_TYPES: dict[str, tuple[type, ...]] = {
    "list": (list,), "tuple": (tuple,), "dict": (dict,), "set": (set,), "int": (int,), "long": (int,),
    "float": (float,), "bool": (bool,), "str": (str,), "unicode": (str,), "slice": (slice,), "complex": (complex,),
}  # fmt: skip
_TENSORS = frozenset("Tensor Variable keras.backend.KerasTensor".split())
_NOT_WHOLE = 400  # decimals beyond the range of any float


def _no_tensor(context: Context, name: str, values: Sequence[Any]) -> None:
    if any(map(context.is_tensor, values)):
        raise Refused(f"{name}() of a tensor, whose value is not known", name)


def _plain(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of values that are no tensors."""

    def call(context: Context, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        _no_tensor(context, name, args)
        context.budget.walk(args)
        return plainly(name, function, *args, **kwargs)

    return call


def _collected(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the context and of containers, whose items are counted first."""

    def call(context: Context, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return plainly(name, lambda: function(context, *map(context.collect, args), **kwargs))

    return call


def _text(value: Any = "") -> str:
    if not isinstance(value, (str, int, float)):
        raise TypeError(f"of {type(value).__name__}")
    return str(value)


def _integer(value: Any = 0) -> int:
    if isinstance(value, str) and len(value) > _NOT_WHOLE:
        raise TypeError("of a long text")
    return int(value)


def _power(context: Context, args: Sequence[Any], _: Mapping[str, Any]) -> Any:
    if len(args) != 2:
        raise Refused("pow() with three arguments", "pow")
    return operators.binary(context, "**", *args)


def _absolute(context: Context, args: Sequence[Any], _: Mapping[str, Any]) -> Any:
    if len(args) == 1 and context.is_tensor(args[0]):
        return context.call_backend("math.abs", args)
    return plainly("abs", abs, *args)


def _round(context: Context, args: Sequence[Any], _: Mapping[str, Any]) -> Any:
    _no_tensor(context, "round", args)
    if len(args) > 1 and not (isinstance(args[1], int) and abs(args[1]) < _NOT_WHOLE):
        raise Refused("round() to so many digits", "round")
    return plainly("round", _round_like_python_2 if context.python == "2.7" else round, *args)


def _round_like_python_2(value: float, digits: int = 0) -> float:
    """Halves are rounded away from zero, and the result is a float."""
    if digits:
        raise TypeError("to digits in Python 2")
    return float(math.copysign(math.floor(abs(value) + 0.5), value))


def _sum(context: Context, args: Sequence[Any], _: Mapping[str, Any]) -> Any:
    """The sum of numbers or tensors; zero and a tensor are that tensor."""
    items = context.collect(args[0])
    total = args[1] if len(args) > 1 else 0
    for item in items:
        empty = isinstance(total, int) and total == 0 and context.is_tensor(item)
        total = item if empty else operators.binary(context, "+", total, item)
    return total


def _extreme(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(context: Context, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        items = context.collect(args[0]) if len(args) == 1 else list(args)
        context.budget.walk(items)
        _no_tensor(context, name, [] if "key" in kwargs else items)
        return plainly(name, function, items, **_callable(context, kwargs))

    return call


def _callable(context: Context, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments in which functions of the body are callables."""

    def wrap(target: Any) -> Any:
        return (lambda item: context.call(target, (item,), {})) if isinstance(target, (Function, Symbol)) else target

    return {name: wrap(value) for name, value in kwargs.items()}


def _sorted(context: Context, items: list[Any], **kwargs: Any) -> list[Any]:
    context.budget.walk(items)
    _no_tensor(context, "sorted", [] if "key" in kwargs else items)
    context.budget.spend(len(items) * max(len(items).bit_length(), 1))
    return sorted(items, **_callable(context, kwargs))


def _isinstance(context: Context, args: Sequence[Any], _: Mapping[str, Any]) -> bool:
    value, kinds = args if len(args) == 2 else (None, None)
    return any(_is(context, value, kind) for kind in (kinds if isinstance(kinds, tuple) else (kinds,)))


def _is(context: Context, value: Any, kind: Any) -> bool:
    if kind == Symbol(NUMPY, "ndarray"):
        return isinstance(value, np.ndarray)
    if not isinstance(kind, Symbol) or not (kind.path in _TYPES if kind.space == BUILTINS else kind.path in _TENSORS):
        raise Refused(f"isinstance() of {kind}", "isinstance")
    if kind.space != BUILTINS:
        return context.is_tensor(value)
    return not context.is_tensor(value) and isinstance(value, _TYPES[kind.path])


def _range(context: Context, args: Sequence[Any], _: Mapping[str, Any]) -> Any:
    _no_tensor(context, "range", args)
    found = plainly("range", range, *args)
    return context.collect(found) if context.python == "2.7" else found


def _lazy(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that returns an iterator in Python 3 and a list in Python 2."""

    def call(context: Context, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        found = function(context, *args, **kwargs)
        return context.collect(found) if context.python == "2.7" and name != "enumerate" else found

    return call


def _zip(context: Context, *many: Any) -> Iterator[Any]:
    return zip(*map(context.iterate, many))


def _enumerate(context: Context, items: Any, start: int = 0) -> Iterator[Any]:
    return plainly("enumerate", enumerate, context.iterate(items), start)  # type: ignore[no-any-return]


def _map(context: Context, target: Any, *many: Any) -> Iterator[Any]:
    return (context.call(target, items, {}) for items in _zip(context, *many))


def _filter(context: Context, target: Any, items: Any) -> Iterator[Any]:
    def keeps(item: Any) -> bool:
        return operators.truth(context, item if target is None else context.call(target, (item,), {}))

    return (item for item in context.iterate(items) if keeps(item))


def _dict(context: Context, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[Any, Any]:
    pairs: list[Any] = []
    for source in args:
        pairs += source.items() if isinstance(source, Mapping) else map(context.collect, context.collect(source))
    return plainly("dict", lambda: {**{key(context, name): value for name, value in pairs}, **kwargs})  # type: ignore[no-any-return]


def _reduce(context: Context, args: Sequence[Any], _: Mapping[str, Any]) -> Any:
    function, items, *start = args
    first, *rest = [*start, *context.collect(items)] or [NULL]
    if first is NULL:
        raise Refused("reduce() of nothing", "reduce")
    for item in rest:
        first = context.call(function, (first, item), {})
    return first


def _getattr(context: Context, args: Sequence[Any], _: Mapping[str, Any]) -> Any:
    if len(args) != 2 or not isinstance(args[1], str):  # a third one asks whether there is such an attribute
        raise Refused("getattr() with a default", "getattr")
    return context.attribute(*args)


def _raising(name: str) -> Callable[..., Any]:
    def call(_: Context, args: Sequence[Any], __: Mapping[str, Any]) -> Any:
        raise Refused(f"the body raises {name}: {', '.join(map(repr, args)):.200}", name)

    return call


_ERRORS = (
    "AssertionError AttributeError Exception ImportError IndexError KeyError NameError NotImplementedError "
    "RuntimeError TypeError ValueError"
).split()
FUNCTIONS: dict[str, Callable[[Context, Sequence[Any], Mapping[str, Any]], Any]] = {
    "len": _plain("len", len),
    "int": _plain("int", _integer),
    "long": _plain("long", _integer),
    "float": _plain("float", float),
    "complex": _plain("complex", complex),
    "bool": lambda context, args, _: operators.truth(context, *args),
    "str": _plain("str", _text),
    "unicode": _plain("unicode", _text),
    "divmod": _plain("divmod", divmod),
    "slice": lambda _, args, __: plainly("slice", slice, *args),
    "list": _collected("list", lambda _, items=(): list(items)),
    "tuple": _collected("tuple", lambda _, items=(): tuple(items)),
    "set": _collected("set", lambda context, items=(): {key(context, item) for item in items}),
    "reversed": _collected("reversed", lambda _, items: iter(items[::-1])),
    "sorted": _collected("sorted", _sorted),
    "any": _collected("any", lambda context, items: any(operators.truth(context, item) for item in items)),
    "all": _collected("all", lambda context, items: all(operators.truth(context, item) for item in items)),
    "iter": lambda context, args, _: context.iterate(*args),
    "dict": _dict,
    "range": _range,
    "xrange": _range,
    "zip": _lazy("zip", _zip),
    "map": _lazy("map", _map),
    "filter": _lazy("filter", _filter),
    "enumerate": _lazy("enumerate", _enumerate),
    "max": _extreme("max", max),
    "min": _extreme("min", min),
    "sum": _sum,
    "abs": _absolute,
    "pow": _power,
    "round": _round,
    **dict.fromkeys(("reduce", "functools.reduce"), _reduce),
    "isinstance": _isinstance,
    "getattr": _getattr,
    "print": lambda _, __, ___: None,  # what is written on the way computes nothing
    **{name: _raising(name) for name in _ERRORS},
}
