"""Values on the stack besides Python's own and tensors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bytecode.code import Code
from bytecode.refusals import Refused

TENSORFLOW, NUMPY, MATH, BUILTINS = "tensorflow", "numpy", "math", "builtins"


class Null:
    """What PUSH_NULL pushes; also the value of a variable or a result that has none."""


NULL = Null()


class Scope:
    """What a function that opens a scope of names returns; calling it leaves the scope."""


SCOPE = Scope()


class Shape(tuple):  # type: ignore[type-arg]  # of sizes, None where one is unknown
    """The shape of a tensor: a tuple with some of the attributes of TensorFlow's shapes."""

    __slots__ = ()


class Dtype(str):
    """The name of a dtype, which may also be called to convert a number."""

    __slots__ = ()


@dataclass(frozen=True)
class Symbol:
    """A public name of a library, such as `nn.relu` (`path`) of `tensorflow` (`space`)."""

    space: str
    path: str

    def __str__(self) -> str:
        return f"{self.space}.{self.path}" if self.path else self.space

    def inner(self, name: str) -> Symbol:
        return Symbol(self.space, f"{self.path}.{name}" if self.path else name)


@dataclass(frozen=True)
class Method:
    """A method of a value, which is looked up when it is called."""

    owner: Any
    name: str


@dataclass
class Cell:
    """A variable that several functions share, as in a closure."""

    name: str
    value: Any = NULL

    def get(self) -> Any:
        if self.value is NULL:
            raise Refused(f"the variable {self.name} has no value in the file", self.name)
        return self.value


@dataclass(frozen=True, eq=False)
class Function:
    """A function of the body with its defaults and its closure."""

    code: Code
    defaults: tuple[Any, ...] = ()
    kwdefaults: dict[str, Any] = field(default_factory=dict)
    closure: tuple[Cell, ...] = ()


@dataclass(frozen=True, eq=False)
class Namespace:
    """A class or an object of the user's file: those of its attributes that are data."""

    names: Mapping[str, Any]
