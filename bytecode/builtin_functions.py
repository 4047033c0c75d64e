"""Python's own functions, as far as a pure body needs them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from bytecode import operators
from bytecode.arithmetic import plainly
from bytecode.containers import key
from bytecode.refusals import Refused
from bytecode.values import BUILTINS, NULL, NUMPY, Function, Symbol

if TYPE_CHECKING:
    from bytecode.machine import Machine

CONSTANTS = {"True": True, "False": False, "None": None, "Ellipsis": ...}  # names like others in Python 2
_TYPES: dict[str, tuple[type, ...]] = {
    "list": (list,), "tuple": (tuple,), "dict": (dict,), "set": (set,), "int": (int,), "long": (int,),
    "float": (float,), "bool": (bool,), "str": (str,), "unicode": (str,), "slice": (slice,), "complex": (complex,),
}  # fmt: skip
_TENSORS = frozenset("Tensor Variable keras.backend.KerasTensor".split())
_NOT_WHOLE = 400  # decimals beyond the range of any float


def _no_tensor(machine: Machine, name: str, values: Sequence[Any]) -> None:
    if any(map(machine.is_tensor, values)):
        raise Refused(f"{name}() of a tensor, whose value is not known", name)


def _plain(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that takes nothing but plain values to the bottom."""

    def call(machine: Machine, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        _no_tensor(machine, name, args)
        machine.budget.walk(args)
        return plainly(name, function, *args, **kwargs)

    return call


def _collected(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of the machine and of items, which are read first, within bounds."""

    def call(machine: Machine, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        return plainly(name, lambda: function(machine, *map(machine.collect, args), **kwargs))

    return call


def _text(value: Any = "") -> str:
    if not isinstance(value, (str, int, float)):
        raise TypeError(f"of {type(value).__name__}")
    return str(value)


def _length(value: Any) -> int:
    return len(value)


def _integer(value: Any = 0) -> int:
    if isinstance(value, str) and len(value) > _NOT_WHOLE:
        raise TypeError("of a long text")
    return int(value)


def _power(machine: Machine, args: Sequence[Any], _: Mapping[str, Any]) -> Any:
    if len(args) != 2:
        raise Refused("pow() with three arguments", "pow")
    return operators.binary(machine, "**", *args)


def _absolute(machine: Machine, args: Sequence[Any], _: Mapping[str, Any]) -> Any:
    if len(args) == 1 and machine.is_tensor(args[0]):
        return machine.call_world("math.abs", args)
    return plainly("abs", abs, *args)


def _round(machine: Machine, args: Sequence[Any], _: Mapping[str, Any]) -> Any:
    _no_tensor(machine, "round", args)
    if len(args) > 1 and not (isinstance(args[1], int) and abs(args[1]) < _NOT_WHOLE):
        raise Refused("round() to so many digits", "round")
    return plainly("round", _round_like_python_2 if machine.python == "2.7" else round, *args)


def _round_like_python_2(value: float, digits: int = 0) -> float:
    """Halves go away from zero, and the result is no whole number's type."""
    if digits:
        raise TypeError("to digits in Python 2")
    return float(math.copysign(math.floor(abs(value) + 0.5), value))


def _sum(machine: Machine, args: Sequence[Any], _: Mapping[str, Any]) -> Any:
    """Numbers or tensors one after the other; zero and a tensor are that tensor."""
    items = machine.collect(args[0])
    total = args[1] if len(args) > 1 else 0
    for item in items:
        empty = isinstance(total, int) and total == 0 and machine.is_tensor(item)
        total = item if empty else operators.binary(machine, "+", total, item)
    return total


def _extreme(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def call(machine: Machine, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        items = machine.collect(args[0]) if len(args) == 1 else list(args)
        machine.budget.walk(items)
        _no_tensor(machine, name, [] if "key" in kwargs else items)
        return plainly(name, function, items, **_callable(machine, kwargs))

    return call


def _callable(machine: Machine, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """Keyword arguments in which a function of the body can be called by Python's own."""

    def wrap(target: Any) -> Any:
        return (lambda item: machine.call(target, (item,), {})) if isinstance(target, (Function, Symbol)) else target

    return {name: wrap(value) for name, value in kwargs.items()}


def _sorted(machine: Machine, items: list[Any], **kwargs: Any) -> list[Any]:
    machine.budget.walk(items)
    _no_tensor(machine, "sorted", [] if "key" in kwargs else items)
    machine.budget.spend(len(items) * max(len(items).bit_length(), 1))
    return sorted(items, **_callable(machine, kwargs))


def _isinstance(machine: Machine, args: Sequence[Any], _: Mapping[str, Any]) -> bool:
    value, kinds = args if len(args) == 2 else (None, None)
    return any(_is(machine, value, kind) for kind in (kinds if isinstance(kinds, tuple) else (kinds,)))


def _is(machine: Machine, value: Any, kind: Any) -> bool:
    if kind == Symbol(NUMPY, "ndarray"):
        return isinstance(value, np.ndarray)
    if not isinstance(kind, Symbol) or not (kind.path in _TYPES if kind.space == BUILTINS else kind.path in _TENSORS):
        raise Refused(f"isinstance() of {kind}", "isinstance")
    if kind.space != BUILTINS:
        return machine.is_tensor(value)
    return not machine.is_tensor(value) and isinstance(value, _TYPES[kind.path])


def _range(machine: Machine, args: Sequence[Any], _: Mapping[str, Any]) -> Any:
    _no_tensor(machine, "range", args)
    found = plainly("range", range, *args)
    return machine.collect(found) if machine.python == "2.7" else found


def _lazy(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """What is an iterator in Python 3 and a list in Python 2."""

    def call(machine: Machine, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        found = function(machine, *args, **kwargs)
        return machine.collect(found) if machine.python == "2.7" and name != "enumerate" else found

    return call


def _zip(machine: Machine, *many: Any) -> Iterator[Any]:
    return zip(*map(machine.iterate, many))


def _enumerate(machine: Machine, items: Any, start: int = 0) -> Iterator[Any]:
    return plainly("enumerate", enumerate, machine.iterate(items), start)  # type: ignore[no-any-return]


def _map(machine: Machine, target: Any, *many: Any) -> Iterator[Any]:
    return (machine.call(target, items, {}) for items in _zip(machine, *many))


def _filter(machine: Machine, target: Any, items: Any) -> Iterator[Any]:
    def keeps(item: Any) -> bool:
        return operators.truth(machine, item if target is None else machine.call(target, (item,), {}))

    return (item for item in machine.iterate(items) if keeps(item))


def _dict(machine: Machine, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[Any, Any]:
    pairs: list[Any] = []
    for source in args:
        pairs += source.items() if isinstance(source, Mapping) else map(machine.collect, machine.collect(source))
    return plainly("dict", lambda: {**{key(machine, name): value for name, value in pairs}, **kwargs})  # type: ignore[no-any-return]


def _reduce(machine: Machine, args: Sequence[Any], _: Mapping[str, Any]) -> Any:
    function, items, *start = args
    first, *rest = [*start, *machine.collect(items)] or [NULL]
    if first is NULL:
        raise Refused("reduce() of nothing", "reduce")
    for item in rest:
        first = machine.call(function, (first, item), {})
    return first


def _getattr(machine: Machine, args: Sequence[Any], _: Mapping[str, Any]) -> Any:
    if len(args) != 2 or not isinstance(args[1], str):  # a third one asks whether there is such an attribute
        raise Refused("getattr() with a default", "getattr")
    return machine.attribute(*args)


def _raising(name: str) -> Callable[..., Any]:
    def call(_: Machine, args: Sequence[Any], __: Mapping[str, Any]) -> Any:
        raise Refused(f"the body raises {name}: {', '.join(map(repr, args)):.200}", name)

    return call


_ERRORS = (
    "AssertionError AttributeError Exception ImportError IndexError KeyError NameError NotImplementedError "
    "RuntimeError TypeError ValueError"
).split()
FUNCTIONS: dict[str, Callable[[Machine, Sequence[Any], Mapping[str, Any]], Any]] = {
    "len": _plain("len", _length),
    "int": _plain("int", _integer),
    "long": _plain("long", _integer),
    "float": _plain("float", float),
    "complex": _plain("complex", complex),
    "bool": lambda machine, args, _: operators.truth(machine, *args),
    "str": _plain("str", _text),
    "unicode": _plain("unicode", _text),
    "divmod": _plain("divmod", divmod),
    "slice": lambda _, args, __: plainly("slice", slice, *args),
    "list": _collected("list", lambda _, items=(): list(items)),
    "tuple": _collected("tuple", lambda _, items=(): tuple(items)),
    "set": _collected("set", lambda machine, items=(): {key(machine, item) for item in items}),
    "reversed": _collected("reversed", lambda _, items: iter(items[::-1])),
    "sorted": _collected("sorted", _sorted),
    "any": _collected("any", lambda machine, items: any(operators.truth(machine, item) for item in items)),
    "all": _collected("all", lambda machine, items: all(operators.truth(machine, item) for item in items)),
    "iter": lambda machine, args, _: machine.iterate(*args),
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
