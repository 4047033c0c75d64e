"""A function as data: its names, constants and instructions, in one form for every Python that compiled it."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

VARARGS, VARKEYWORDS, GENERATOR = 0x04, 0x08, 0x20


@dataclass(frozen=True)
class Instruction:
    """One instruction of `instructions/table.py`; its definition there says what the argument is."""

    op: str
    argument: Any = None
    line: int | None = None

    @property
    def meaning(self) -> tuple[str, Any]:
        return self.op, self.argument


@dataclass(frozen=True)
class Code:
    """A compiled function. `python` is the version that compiled it, found out from the function itself."""

    name: str
    python: str
    argcount: int
    posonly: int
    kwonly: int
    flags: int
    varnames: tuple[str, ...]
    names: tuple[str, ...]
    freevars: tuple[str, ...]
    cellvars: tuple[str, ...]
    consts: tuple[Any, ...]
    instructions: tuple[Instruction, ...]

    @property
    def python2(self) -> bool:
        return self.python == "2.7"

    def same_as(self, other: Code) -> bool:
        """Whether two readings of one code object have the same instructions."""
        mine, others = (tuple(step.meaning for step in code.instructions) for code in (self, other))
        return mine == others and all(map(_same_constant, self.consts, other.consts))

    def to_json(self) -> dict[str, Any]:
        found = asdict(self)
        found["consts"] = [_constant_to_json(value) for value in self.consts]
        found["instructions"] = [[step.op, _plain(step.argument), step.line] for step in self.instructions]
        return {key: _plain(value) for key, value in found.items()}

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Code:
        """The function of a document that `to_json` made; ValueError for any other."""
        names = {field.name for field in fields(cls)}
        if not isinstance(document, Mapping) or set(document) != names:
            raise ValueError("the document is no function")
        found: dict[str, Any] = {
            key: tuple(document[key]) if isinstance(document[key], list) else document[key] for key in names
        }
        found["consts"] = tuple(_constant_from_json(value) for value in document["consts"])
        found["instructions"] = tuple(
            Instruction(op, tuple(argument) if isinstance(argument, list) else argument, line)
            for op, argument, line in document["instructions"]
        )
        return cls(**found)


def _same_constant(mine: Any, other: Any) -> bool:
    return not isinstance(mine, Code) or mine.same_as(other)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _constant_to_json(value: Any) -> Any:
    """A constant as JSON: floats as exact text, and what JSON lacks as an object with the name of its type."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return {"float": value.hex()}
    if isinstance(value, complex):
        return {"complex": [value.real.hex(), value.imag.hex()]}
    if isinstance(value, bytes):
        return {"bytes": base64.b64encode(value).decode("ascii")}
    if isinstance(value, (tuple, frozenset)):
        return {type(value).__name__: [_constant_to_json(item) for item in value]}
    return {"code": value.to_json()} if isinstance(value, Code) else {"ellipsis": True}


def _constant_from_json(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    ((kind, content),) = value.items()
    return _FROM_JSON[kind](content)


_FROM_JSON: dict[str, Any] = {
    "float": float.fromhex,
    "complex": lambda parts: complex(*map(float.fromhex, parts)),
    "bytes": base64.b64decode,
    "tuple": lambda items: tuple(map(_constant_from_json, items)),
    "frozenset": lambda items: frozenset(map(_constant_from_json, items)),
    "code": Code.from_json,
    "ellipsis": lambda _: ...,
}
