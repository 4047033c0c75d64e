"""What the instructions become whose argument has to be understood, in the common ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from bytecode.reading import opcodes
from bytecode.reading.code_objects import Compiled
from bytecode.reading.decode import version
from bytecode.refusals import Unreadable

Meaning = tuple[str, Any]

# Since 3.11: below it a function, instead of a function and its first argument.
NULL: Sequence[Meaning] = (("NULL", None),)


class Place(NamedTuple):
    """Where an argument is to be understood: in which function, for which Python."""

    compiled: Compiled
    python: str

    def since(self, python: str) -> bool:
        return version(self.python) >= version(python)


def _const(place: Place, number: int) -> Sequence[Meaning]:
    _check(number, place.compiled.consts, "constant")
    return (("CONST", number),)


def _check(number: int, among: Sequence[Any], what: str) -> None:
    if number >= len(among):
        raise Unreadable(f"there is no {what} {number}")


def _named(op: str, table: str) -> Callable[[Place, int], Sequence[Meaning]]:
    """An instruction whose argument counts in one of the function's lists of names."""

    def meaning(place: Place, number: int) -> Sequence[Meaning]:
        names: tuple[str, ...] = getattr(place.compiled, table)
        _check(number, names, "name")
        return ((op, names[number]),)

    return meaning


def _null(place: Place, _: int) -> Sequence[Meaning]:
    """3.13 puts it above the function."""
    return (*NULL, ("SWAP", 2)) if place.since("3.13") else NULL


def _local(place: Place, number: int) -> Sequence[Meaning]:
    """3.13 takes a cell itself as if it were a variable; what is in it is loaded otherwise."""
    _check(number, place.compiled.slots, "name")
    name = place.compiled.slots[number]
    is_cell = place.since("3.13") and name in (*place.compiled.cellvars, *place.compiled.freevars)
    return (("CLOSURE" if is_cell else "FAST", name),)


_store = _named("STORE_FAST", "slots")


def _two(first: Callable[[Place, int], Sequence[Meaning]], second: Callable[[Place, int], Sequence[Meaning]]) -> Any:
    """Two instructions in one, whose arguments have four bits each."""
    return lambda place, number: (*first(place, number >> 4), *second(place, number & 15))


def _attribute(place: Place, number: int) -> Sequence[Meaning]:
    """3.12 has a bit for an attribute that is about to be called."""
    if not place.since("3.12"):
        return _named("ATTRIBUTE", "names")(place, number)
    return (_method if number & 1 else _named("ATTRIBUTE", "names"))(place, number >> 1)


def _return_const(place: Place, number: int) -> Sequence[Meaning]:
    return (*_const(place, number), ("RETURN", None))


def _end_for(place: Place, _: int) -> Sequence[Meaning]:
    """A loop ends behind it; 3.13 takes the iterator away afterwards, which the common loop has done."""
    return (("NONE", None),) if place.since("3.13") else ()


def _intrinsic(_: Place, number: int) -> Sequence[Meaning]:
    known: dict[int, Meaning] = {5: ("UNARY", "+"), 6: ("TO_TUPLE", None)}
    return (known.get(number, ("REFUSE", f"CALL_INTRINSIC_1 {number}")),)


def _convert(place: Place, number: int) -> Sequence[Meaning]:
    _check(number, range(4), "conversion")
    return _format_value(place, number)


def _global(place: Place, number: int) -> Sequence[Meaning]:
    """3.11 has a bit for the null below a function that is about to be called."""
    if not place.since("3.11"):
        return _named("GLOBAL", "names")(place, number)
    found = _named("GLOBAL", "names")(place, number >> 1)
    return (*NULL, *found) if number & 1 else found


def _method(place: Place, number: int) -> Sequence[Meaning]:
    """An attribute that is about to be called; which of two calls it is matters to Python's speed alone."""
    found = _named("ATTRIBUTE", "names")(place, number)
    return (*found, *NULL, ("SWAP", 2)) if place.since("3.11") else found


def _counted(op: str) -> Callable[[Place, int], Sequence[Meaning]]:
    return lambda _, number: ((op, number),)


def _deep(op: str) -> Callable[[Place, int], Sequence[Meaning]]:
    """An instruction that reaches down into the stack; the uppermost value is 1 deep."""

    def meaning(_: Place, depth: int) -> Sequence[Meaning]:
        if not depth:
            raise Unreadable(f"{op} of nothing")
        return ((op, depth),)

    return meaning


def _build_slice(_: Place, count: int) -> Sequence[Meaning]:
    if count not in (2, 3):
        raise Unreadable(f"a slice of {count} parts")
    return (("BUILD_SLICE", count),)


def _compare(place: Place, number: int) -> Sequence[Meaning]:
    known = opcodes.COMPARISONS if not place.since("3.9") else opcodes.COMPARISONS[:6]
    number >>= 5 if place.since("3.13") else 4 if place.since("3.12") else 0  # below are bits for Python's speed
    if number == len(opcodes.COMPARISONS) and not place.since("3.9"):
        return (("REFUSE", "exception match"),)
    _check(number, known, "comparison")
    return (("COMPARE", known[number]),)


def _either(plain: str, inverted: str) -> Callable[[Place, int], Sequence[Meaning]]:
    def meaning(_: Place, number: int) -> Sequence[Meaning]:
        _check(number, (plain, inverted), "comparison")
        return (("COMPARE", (plain, inverted)[number]),)

    return meaning


def _binary_op(_: Place, number: int) -> Sequence[Meaning]:
    inplace, place = divmod(number, len(opcodes.BINARY_OPS))
    _check(inplace, ("BINARY", "INPLACE"), "operator")
    return ((("BINARY", "INPLACE")[inplace], opcodes.BINARY_OPS[place]),)


def _format_value(_: Place, flags: int) -> Sequence[Meaning]:
    _check(flags, range(8), "flag of FORMAT_VALUE")
    return (("FORMAT_VALUE", flags),)


def _map(place: Place, number: int) -> Sequence[Meaning]:
    """Before 3.5 the argument is a guess at the size, and the items follow one by one."""
    return (("BUILD_MAP", number if place.since("3.5") else 0),)


def _map_add(place: Place, number: int) -> Sequence[Meaning]:
    """3.8 turned key and value round."""
    return (("MAP_ADD" if place.since("3.8") else "MAP_ADD_REVERSED", number),)


def _call_function(place: Place, number: int) -> Sequence[Meaning]:
    if place.since("3.6"):
        return (("CALL", number),)
    return (("CALL_PAIRS", (number & 0xFF, number >> 8, 0, 0)),)


def _call_stars(one: int, two: int) -> Callable[[Place, int], Sequence[Meaning]]:
    def meaning(place: Place, number: int) -> Sequence[Meaning]:
        pairs = number >> 8
        if place.python == "3.5" and one and pairs:  # 3.5 alone has another order of these on the stack
            return (("REFUSE", "CALL_FUNCTION_VAR with named arguments"),)
        return (("CALL_PAIRS", (number & 0xFF, pairs, one, two)),)

    return meaning


def _call_spread(place: Place, flags: int) -> Sequence[Meaning]:
    _check(flags, range(2), "flag of CALL_FUNCTION_EX")
    found = ("CALL_SPREAD", flags)
    return (found, ("SWAP", 2), ("POP", None)) if place.since("3.11") else (found,)


def _call_keywords(place: Place, number: int) -> Sequence[Meaning]:
    if place.since("3.6"):
        return (("CALL_NAMED_BOUND" if place.since("3.11") else "CALL_NAMED", number),)
    return _call_stars(0, 1)(place, number)


def _duplicate(_: Place, number: int) -> Sequence[Meaning]:
    _check(number, range(6), "copy")
    return (("COPY", number),) * number


def _make_function(place: Place, number: int) -> Sequence[Meaning]:
    """The code, above what its flags tell of; its qualified name on top of it is left out."""
    if place.since("3.6"):
        _check(number, range(16), "flag of MAKE_FUNCTION")
        return (("FUNCTION", number),) if place.since("3.11") else (("POP", None), ("FUNCTION", number))
    return _old_function(place, number, 0)


def _old_function(place: Place, number: int, closure: int) -> Sequence[Meaning]:
    if number > 0xFF:
        return (("REFUSE", "MAKE_FUNCTION with keyword-only defaults or annotations"),)
    made = ("FUNCTION_OVER", (number, closure))
    return (made,) if place.python == "2.7" else (("POP", None), made)


def _unpack_more(_: Place, number: int) -> Sequence[Meaning]:
    return (("UNPACK_MORE", (number & 0xFF, number >> 8)),)


def _unpacked(kind: str) -> Callable[[Place, int], Sequence[Meaning]]:
    return lambda _, number: (("JOIN", (kind, number)),)


def _unpacked_for_call(place: Place, number: int) -> Sequence[Meaning]:
    """In 3.5 the upper byte tells where the function is."""
    return (("JOIN", ("dict", number if place.since("3.6") else number & 0xFF)),)


ARGUED: dict[str, Callable[[Place, int], Sequence[Meaning]]] = {
    "LOAD_CONST": _const,
    "KW_NAMES": _const,
    "PUSH_NULL": _null,
    "LOAD_FAST": _local,
    "LOAD_FAST_CHECK": _local,
    "LOAD_FAST_AND_CLEAR": _named("FAST_CLEAR", "slots"),
    "LOAD_FAST_LOAD_FAST": _two(_local, _local),
    "STORE_FAST": _store,
    "STORE_FAST_LOAD_FAST": _two(_store, _local),
    "STORE_FAST_STORE_FAST": _two(_store, _store),
    "RETURN_CONST": _return_const,
    "END_FOR": _end_for,
    "CALL_INTRINSIC_1": _intrinsic,
    "CONVERT_VALUE": _convert,
    "DELETE_FAST": _named("DELETE_FAST", "slots"),
    "LOAD_GLOBAL": _global,
    "LOAD_DEREF": _named("DEREF", "cells"),
    "STORE_DEREF": _named("STORE_DEREF", "cells"),
    "LOAD_CLOSURE": _named("CLOSURE", "cells"),
    "LOAD_ATTR": _attribute,
    "LOAD_METHOD": _method,
    "IMPORT_NAME": _named("IMPORT", "names"),
    "IMPORT_FROM": _named("IMPORT_FROM", "names"),
    "COMPARE_OP": _compare,
    "IS_OP": _either("is", "is not"),
    "CONTAINS_OP": _either("in", "not in"),
    "BINARY_OP": _binary_op,
    "FORMAT_VALUE": _format_value,
    "BUILD_STRING": _counted("BUILD_STRING"),
    "BUILD_TUPLE": _counted("BUILD_TUPLE"),
    "BUILD_LIST": _counted("BUILD_LIST"),
    "BUILD_SET": _counted("BUILD_SET"),
    "BUILD_SLICE": _build_slice,
    "BUILD_MAP": _map,
    "BUILD_CONST_KEY_MAP": _counted("BUILD_NAMED_MAP"),
    "LIST_APPEND": _counted("LIST_APPEND"),
    "SET_ADD": _counted("SET_ADD"),
    "MAP_ADD": _map_add,
    "LIST_EXTEND": _counted("LIST_EXTEND"),
    "SET_UPDATE": _counted("SET_UPDATE"),
    "DICT_UPDATE": _counted("DICT_UPDATE"),
    "DICT_MERGE": _counted("DICT_UPDATE"),
    "BUILD_LIST_UNPACK": _unpacked("list"),
    "BUILD_TUPLE_UNPACK": _unpacked("tuple"),
    "BUILD_TUPLE_UNPACK_WITH_CALL": _unpacked("tuple"),
    "BUILD_SET_UNPACK": _unpacked("set"),
    "BUILD_MAP_UNPACK": _unpacked("dict"),
    "BUILD_MAP_UNPACK_WITH_CALL": _unpacked_for_call,
    "UNPACK_SEQUENCE": _counted("UNPACK"),
    "UNPACK_EX": _unpack_more,
    "CALL_FUNCTION": _call_function,
    "CALL_FUNCTION_KW": _call_keywords,
    "CALL_FUNCTION_VAR": _call_stars(1, 0),
    "CALL_FUNCTION_VAR_KW": _call_stars(1, 1),
    "CALL_FUNCTION_EX": _call_spread,
    "CALL_KW": _call_keywords,
    "CALL_METHOD": _counted("CALL"),
    "CALL": _counted("CALL_BOUND"),
    "MAKE_FUNCTION": _make_function,
    "MAKE_CLOSURE": lambda place, number: _old_function(place, number, 1),
    "DUP_TOPX": _duplicate,
    "ROT_N": _deep("ROT"),
    "SWAP": _deep("SWAP"),
    "COPY": _deep("COPY"),
}
