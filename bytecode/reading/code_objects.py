"""Code objects as the marshal format has them: four layouts, each of one or several Pythons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bytecode.refusals import Unreadable

_OLD_KINDS = "NFT.iIlfgxystRu(>c"
_NEW_KINDS = "NFT.iIlfgxystuaAzZr()>c"
_LOCAL, _CELL, _FREE = 0x20, 0x40, 0x80  # what a name of 3.11's common list is
_MOST = 1 << 16


@dataclass(frozen=True)
class Layout:
    """The fields of a code object in their order, and the Pythons that write them so."""

    pythons: tuple[str, ...]
    numbers: tuple[str, ...]
    values: tuple[str, ...]
    kinds: str = _NEW_KINDS

    @property
    def python3(self) -> bool:
        return self.pythons != ("2.7",)


_VALUES = tuple("code consts names varnames freevars cellvars filename name firstlineno lines".split())
_VALUES_311 = tuple("code consts names slots slot_kinds filename name qualname firstlineno lines exceptions".split())

LAYOUTS = (
    Layout(("2.7",), tuple("argcount nlocals stacksize flags".split()), _VALUES, _OLD_KINDS),
    Layout(("3.4", "3.5", "3.6", "3.7"), tuple("argcount kwonly nlocals stacksize flags".split()), _VALUES),
    Layout(("3.8", "3.9", "3.10"), tuple("argcount posonly kwonly nlocals stacksize flags".split()), _VALUES),
    Layout(("3.11", "3.12", "3.13"), tuple("argcount posonly kwonly stacksize flags".split()), _VALUES_311),
)


@dataclass(frozen=True)
class Compiled:
    """One code object with checked fields. LOAD_FAST has an index of `slots`, LOAD_DEREF one of `cells`."""

    layout: Layout
    name: str
    argcount: int
    posonly: int
    kwonly: int
    stacksize: int
    flags: int
    code: bytes
    consts: tuple[Any, ...]
    names: tuple[str, ...]
    varnames: tuple[str, ...]
    freevars: tuple[str, ...]
    cellvars: tuple[str, ...]
    slots: tuple[str, ...]
    cells: tuple[str, ...]
    firstlineno: int
    lines: bytes
    filename: str

    @classmethod
    def checked(cls, layout: Layout, found: Mapping[str, Any]) -> Compiled:
        """Check the types of the fields, and that the counts fit the names. Raises `Unreadable`."""
        number: dict[str, Any] = {
            name: _count(name, found.get(name, 0)) for name in ("argcount", "posonly", "kwonly", "stacksize")
        }
        places: dict[str, Any] = _locals(found) if "slots" in found else _separate(found)
        made = cls(
            layout=layout,
            **number,
            **places,
            name=_text("name", found["name"]),
            flags=_bounded("flags", found["flags"], 1 << 31),
            code=_octets("code", found["code"]),
            consts=_constants(layout, _tuple("consts", found["consts"])),
            names=_texts("names", found["names"]),
            firstlineno=_bounded("firstlineno", found["firstlineno"], 1 << 31),
            lines=_octets("lines", found["lines"]),
            filename=_text("filename", found["filename"]),
        )
        made._check_arguments()
        return made

    def _check_arguments(self) -> None:
        stars = bool(self.flags & 0x04) + bool(self.flags & 0x08)
        if self.argcount + self.kwonly + stars > len(self.varnames) or self.posonly > self.argcount:
            raise Unreadable(f"{self.name} has more arguments than local variables")


def _separate(found: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    varnames, freevars, cellvars = (_texts(name, found[name]) for name in ("varnames", "freevars", "cellvars"))
    if found["nlocals"] != len(varnames):
        raise Unreadable(f"{found['nlocals']} local variables have {len(varnames)} names")
    cells = cellvars + freevars
    return {"varnames": varnames, "freevars": freevars, "cellvars": cellvars, "slots": varnames, "cells": cells}


def _locals(found: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Since 3.11 all names are in one list, and their kinds in another."""
    slots, kinds = _texts("slots", found["slots"]), _octets("slot_kinds", found["slot_kinds"])
    if len(slots) != len(kinds):
        raise Unreadable(f"{len(slots)} names have {len(kinds)} kinds")
    chosen = {
        name: tuple(slot for slot, kind in zip(slots, kinds) if kind & bit)
        for name, bit in (("varnames", _LOCAL), ("cellvars", _CELL), ("freevars", _FREE))
    }
    return {**chosen, "slots": slots, "cells": slots}


def _bounded(name: str, value: Any, most: int) -> int:
    if type(value) is not int or not 0 <= value < most:
        raise Unreadable(f"{name} is {value!r}")
    return value


def _count(name: str, value: Any) -> int:
    return _bounded(name, value, _MOST)


def _octets(name: str, value: Any) -> bytes:
    if not isinstance(value, bytes):
        raise Unreadable(f"{name} is {type(value).__name__}, not bytes")
    return value


def _text(name: str, value: Any) -> str:
    found = _plain(value) if isinstance(value, bytes) else value
    if not isinstance(found, str):
        raise Unreadable(f"{name} is {type(value).__name__}, not a string")
    return found


def _tuple(name: str, value: Any) -> tuple[Any, ...]:
    if not isinstance(value, tuple):
        raise Unreadable(f"{name} is {type(value).__name__}, not a tuple")
    return value


def _texts(name: str, value: Any) -> tuple[str, ...]:
    return tuple(_text(name, item) for item in _tuple(name, value))


def _constants(layout: Layout, value: Any) -> Any:
    """The constants of a function; `bytes` of Python 2 are its strings."""
    if isinstance(value, bytes) and not layout.python3:
        return _plain(value)
    if isinstance(value, (tuple, frozenset)):
        return type(value)(_constants(layout, item) for item in value)
    return value


def _plain(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        return text.decode("latin-1")
