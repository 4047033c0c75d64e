"""Values of a body that are more than Python's own plain ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bytecode.code import Code
from bytecode.refusals import Refused

TENSORFLOW, NUMPY, MATH, BUILTINS = "tensorflow", "numpy", "math", "builtins"


class Null:
    """What 3.11 puts below a function that is about to be called."""


NULL = Null()


class Scope:
    """What a function that opens a scope of names gives; called, it is left."""


SCOPE = Scope()


class Shape(tuple):  # type: ignore[type-arg]  # of sizes, None where one is unknown
    """The shape of a tensor, with what TensorFlow's own shapes offer beyond a tuple."""

    __slots__ = ()


class Dtype(str):
    """The name of a dtype, which may also be called to convert a number."""

    __slots__ = ()


@dataclass(frozen=True)
class Symbol:
    """A public name of a library: its `space`, and the `path` within it."""

    space: str
    path: str

    def __str__(self) -> str:
        return f"{self.space}.{self.path}" if self.path else self.space

    def inner(self, name: str) -> Symbol:
        return Symbol(self.space, f"{self.path}.{name}" if self.path else name)


@dataclass(frozen=True)
class Method:
    """A method of a value, about to be called."""

    owner: Any
    name: str


@dataclass
class Cell:
    """A variable that several functions share."""

    name: str
    value: Any = NULL

    def get(self) -> Any:
        if self.value is NULL:
            raise Refused(f"the variable {self.name} has no value in the file", self.name)
        return self.value


@dataclass(frozen=True, eq=False)
class Function:
    """A function of the body, with what it took along where it was made."""

    code: Code
    defaults: tuple[Any, ...] = ()
    kwdefaults: dict[str, Any] = field(default_factory=dict)
    closure: tuple[Cell, ...] = ()


@dataclass(frozen=True, eq=False)
class Namespace:
    """A class or an object of the user's, of which the plain attributes are known."""

    names: Mapping[str, Any]
