"""Instructions that Pythons changed, or that stand for several others: what each is lowered to with its argument."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from bytecode.instructions import opcodes
from bytecode.reading.code_objects import Compiled
from bytecode.reading.decode import version
from bytecode.refusals import Unreadable

Lowered = Sequence[tuple[str, Any]]  # names of instructions, with their arguments
_NULL: Lowered = (("PUSH_NULL", None),)  # since 3.11: below a function, instead of a function and its first argument


class Place(NamedTuple):
    """Which function an instruction is part of, and which Python wrote it."""

    compiled: Compiled
    python: str

    def since(self, python: str) -> bool:
        return version(self.python) >= version(python)


def found(place: Place, kind: str | None, number: int) -> Any:
    """The name that is meant by a number, or the number of a constant."""
    table = getattr(place.compiled, str(kind))
    _check(number, table, "constant" if kind == "consts" else "name")
    return number if kind == "consts" else table[number]


def _check(number: int, among: Sequence[Any], what: str) -> None:
    if number >= len(among):
        raise Unreadable(f"there is no {what} {number}")


def _push_null(place: Place, _: int) -> Lowered:
    """3.13 pushes it above the function."""
    return (*_NULL, ("SWAP", 2)) if place.since("3.13") else _NULL


def _load_fast(place: Place, number: int) -> Lowered:
    """3.13 loads a cell itself as if it were a variable; what is in it is loaded by LOAD_DEREF."""
    name = found(place, "slots", number)
    is_cell = place.since("3.13") and name in (*place.compiled.cellvars, *place.compiled.freevars)
    return (("LOAD_CLOSURE" if is_cell else "LOAD_FAST", name),)


def _store_fast(place: Place, number: int) -> Lowered:
    return (("STORE_FAST", found(place, "slots", number)),)


def _two(first: Callable[[Place, int], Lowered], second: Callable[[Place, int], Lowered]) -> Any:
    """Two instructions in one, whose arguments have four bits each."""
    return lambda place, number: (*first(place, number >> 4), *second(place, number & 15))


def _load_attr(place: Place, number: int) -> Lowered:
    """3.12 has a bit for an attribute that is about to be called."""
    if not place.since("3.12"):
        return (("LOAD_ATTR", found(place, "names", number)),)
    return _load_method(place, number >> 1) if number & 1 else (("LOAD_ATTR", found(place, "names", number >> 1)),)


def _load_method(place: Place, number: int) -> Lowered:
    """An attribute that is about to be called; which of two calls it is matters to Python's speed alone."""
    load = ("LOAD_ATTR", found(place, "names", number))
    return (load, *_NULL, ("SWAP", 2)) if place.since("3.11") else (load,)


def _load_global(place: Place, number: int) -> Lowered:
    """3.11 has a bit for the NULL below a function that is about to be called."""
    if not place.since("3.11"):
        return (("LOAD_GLOBAL", found(place, "names", number)),)
    load = ("LOAD_GLOBAL", found(place, "names", number >> 1))
    return (*_NULL, load) if number & 1 else (load,)


def _return_const(place: Place, number: int) -> Lowered:
    return (("LOAD_CONST", found(place, "consts", number)), ("RETURN_VALUE", None))


def _kw_names(place: Place, number: int) -> Lowered:
    return (("LOAD_CONST", found(place, "consts", number)),)


def _end_for(place: Place, _: int) -> Lowered:
    """A loop ends behind it; 3.13 pops the iterator afterwards, which FOR_ITER has done here."""
    return (("END_FOR", None),) if place.since("3.13") else ()


def _intrinsic(_: Place, number: int) -> Lowered:
    known = {5: "UNARY_POSITIVE", 6: "LIST_TO_TUPLE"}
    return ((known.get(number, f"CALL_INTRINSIC_1 {number}"), None),)


def _compare_op(place: Place, number: int) -> Lowered:
    signs = opcodes.COMPARISONS if not place.since("3.9") else opcodes.COMPARISONS[:6]
    number >>= 5 if place.since("3.13") else 4 if place.since("3.12") else 0  # below are bits for Python's speed
    if number == len(opcodes.COMPARISONS) and not place.since("3.9"):
        return (("COMPARE_OP exception match", None),)
    _check(number, signs, "comparison")
    return (("COMPARE_OP", signs[number]),)


def _either(plain: str, inverted: str) -> Callable[[Place, int], Lowered]:
    def lowered(_: Place, number: int) -> Lowered:
        _check(number, (plain, inverted), "comparison")
        return (("COMPARE_OP", (plain, inverted)[number]),)

    return lowered


def _binary_op(_: Place, number: int) -> Lowered:
    inplace, sign = divmod(number, len(opcodes.BINARY_OPS))
    _check(inplace, ("", "="), "operator")
    return (("BINARY_OP", opcodes.BINARY_OPS[sign] + ("", "=")[inplace]),)


def _build_slice(_: Place, count: int) -> Lowered:
    if count not in (2, 3):
        raise Unreadable(f"a slice of {count} parts")
    return (("BUILD_SLICE", count),)


def _format_value(_: Place, flags: int) -> Lowered:
    _check(flags, range(8), "flag of FORMAT_VALUE")
    return (("FORMAT_VALUE", flags),)


def _convert_value(_: Place, number: int) -> Lowered:
    _check(number, range(4), "conversion")
    return (("FORMAT_VALUE", number),)


def _build_map(place: Place, number: int) -> Lowered:
    """Before 3.5 the argument is a guess at the size, and the items follow one by one."""
    return (("BUILD_MAP", number if place.since("3.5") else 0),)


def _map_add(place: Place, depth: int) -> Lowered:
    """Before 3.8 the key lies above the value."""
    return (("MAP_ADD", depth),) if place.since("3.8") else (("SWAP", 2), ("MAP_ADD", depth))


def _build_map_unpack_with_call(place: Place, number: int) -> Lowered:
    """In 3.5 the upper byte tells where the function is."""
    return (("BUILD_MAP_UNPACK", number if place.since("3.6") else number & 0xFF),)


def _unpack_ex(_: Place, number: int) -> Lowered:
    return (("UNPACK_EX", (number & 0xFF, number >> 8)),)


def _call_function(place: Place, number: int) -> Lowered:
    return (("CALL_FUNCTION", number),) if place.since("3.6") else _call_function_var(0, 0)(place, number)


def _call_function_kw(place: Place, number: int) -> Lowered:
    return (("CALL_FUNCTION_KW", number),) if place.since("3.6") else _call_function_var(0, 1)(place, number)


def _call_function_var(star: int, stars: int) -> Callable[[Place, int], Lowered]:
    """Up to 3.5, with or without `*args` and `**kwargs`."""

    def lowered(place: Place, number: int) -> Lowered:
        pairs = number >> 8
        if place.python == "3.5" and star and pairs:  # 3.5 alone has another order of these on the stack
            return (("CALL_FUNCTION_VAR with named arguments", None),)
        return (("CALL_FUNCTION_VAR_KW", (number & 0xFF, pairs, star, stars)),)

    return lowered


def _call_function_ex(place: Place, flags: int) -> Lowered:
    """Since 3.11 a NULL lies below the function."""
    _check(flags, range(2), "flag of CALL_FUNCTION_EX")
    call = ("CALL_FUNCTION_EX", flags)
    return (call, ("SWAP", 2), ("POP_TOP", None)) if place.since("3.11") else (call,)


def _dup_topx(_: Place, number: int) -> Lowered:
    _check(number, range(6), "copy")
    return (("COPY", number),) * number


def _make_function(place: Place, number: int) -> Lowered:
    """Up to 3.10 the qualified name lies on top, and is left out."""
    if not place.since("3.6"):
        return _make_closure(place, number, 0)
    _check(number, range(16), "flag of MAKE_FUNCTION")
    make = ("MAKE_FUNCTION", number)
    return (make,) if place.since("3.11") else (("POP_TOP", None), make)


def _make_closure(place: Place, number: int, closure: int = 1) -> Lowered:
    if number > 0xFF:
        return (("MAKE_FUNCTION with keyword-only defaults or annotations", None),)
    make = ("MAKE_CLOSURE", (number, closure))
    return (make,) if place.python == "2.7" else (("POP_TOP", None), make)


DIFFERENT: dict[str, Callable[[Place, int], Lowered]] = {
    "PUSH_NULL": _push_null,
    "LOAD_FAST": _load_fast,
    "LOAD_FAST_CHECK": _load_fast,
    "LOAD_FAST_LOAD_FAST": _two(_load_fast, _load_fast),
    "STORE_FAST_LOAD_FAST": _two(_store_fast, _load_fast),
    "STORE_FAST_STORE_FAST": _two(_store_fast, _store_fast),
    "LOAD_GLOBAL": _load_global,
    "LOAD_ATTR": _load_attr,
    "LOAD_METHOD": _load_method,
    "RETURN_CONST": _return_const,
    "KW_NAMES": _kw_names,
    "END_FOR": _end_for,
    "CALL_INTRINSIC_1": _intrinsic,
    "CONVERT_VALUE": _convert_value,
    "COMPARE_OP": _compare_op,
    "IS_OP": _either("is", "is not"),
    "CONTAINS_OP": _either("in", "not in"),
    "BINARY_OP": _binary_op,
    "FORMAT_VALUE": _format_value,
    "BUILD_SLICE": _build_slice,
    "BUILD_MAP": _build_map,
    "MAP_ADD": _map_add,
    "DICT_MERGE": lambda _, depth: (("DICT_UPDATE", depth),),
    "BUILD_TUPLE_UNPACK_WITH_CALL": lambda _, number: (("BUILD_TUPLE_UNPACK", number),),
    "BUILD_MAP_UNPACK_WITH_CALL": _build_map_unpack_with_call,
    "UNPACK_EX": _unpack_ex,
    "CALL_FUNCTION": _call_function,
    "CALL_FUNCTION_KW": _call_function_kw,
    "CALL_FUNCTION_VAR": _call_function_var(1, 0),
    "CALL_FUNCTION_VAR_KW": _call_function_var(1, 1),
    "CALL_FUNCTION_EX": _call_function_ex,
    "CALL_METHOD": lambda _, number: (("CALL_FUNCTION", number),),
    "MAKE_FUNCTION": _make_function,
    "MAKE_CLOSURE": _make_closure,
    "DUP_TOPX": _dup_topx,
}
"""By name, what an instruction becomes with its argument."""
