"""What a body computed, operation by operation: recorded while it was interpreted, and written as Python to be read."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from bytecode.code import Code
from bytecode.interpreter.backend import Backend
from bytecode.interpreter.operators import NEGATIVE, SIGN_OF, SUBSCRIPT

_MOST = 200  # operations that are written out
_LONGEST = 100  # characters of one constant


@dataclass(frozen=True)
class Operation:
    """One function that a body called on tensors: its public name, its arguments, and what came out."""

    symbol: str
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    result: Any

    def operands(self) -> list[Any]:
        """All arguments in order; those by name come last."""
        return [*self.args, *self.kwargs.values()]


@dataclass
class Block:
    """The operations of a function: of the body itself, or of one that it passed to an operation."""

    arguments: Mapping[str, Any]  # by the names of the parameters
    operations: list[Operation] = field(default_factory=list)
    inner: dict[int, Block] = field(default_factory=dict)  # of functions that were called, by their id
    result: Any = None


class Recorder:
    """A backend that passes every operation on to another one and keeps what was computed.

    Of a function that an operation calls several times, the last call is kept.
    """

    def __init__(self, backend: Backend, arguments: Mapping[str, Any]) -> None:
        self._backend = backend
        self.block = Block(arguments)

    def is_tensor(self, value: Any) -> bool:
        return self._backend.is_tensor(value)

    def attribute(self, tensor: Any, name: str) -> Any:
        return self._backend.attribute(tensor, name)

    def call(self, symbol: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        block = self.block
        args, kwargs = self._watched(args), self._watched(kwargs)
        result = self._backend.call(symbol, args, kwargs)
        block.operations.append(Operation(symbol, args, kwargs, result))
        return result

    def method(self, tensor: Any, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        block = self.block
        result = self._backend.method(tensor, name, args, kwargs)
        block.operations.append(Operation(f".{name}", (tensor, *args), kwargs, result))
        return result

    def _watched(self, value: Any) -> Any:
        """Arguments in which the operations of each function are recorded when it is called."""
        if isinstance(value, Mapping):
            return {key: self._watched(item) for key, item in value.items()}
        if type(value) in (list, tuple):
            return type(value)(map(self._watched, value))
        return self._recorded(value) if callable(value) and not self.is_tensor(value) else value

    def _recorded(self, function: Callable[..., Any]) -> Callable[..., Any]:
        outer = self.block

        def call(*args: Any, **kwargs: Any) -> Any:
            block = self.block = Block({**{str(place): arg for place, arg in enumerate(args)}, **kwargs})
            try:
                block.result = function(*args, **kwargs)
            finally:
                self.block = outer
            outer.inner[id(call)] = block
            return block.result

        return call


def parameters(code: Code, args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call by the names of the function's parameters; Python 2 has some without a name."""
    names = (name if name.isidentifier() else f"x{number}" for number, name in enumerate(code.varnames))
    return {**dict(zip(names, args)), **kwargs}


def readable(recorder: Recorder, code: Code, result: Any) -> str:
    """The recorded operations as a lambda or a `def`, one operation a line; constants are as they were computed."""
    block = recorder.block
    block.result = result
    writer = _Writer(recorder.is_tensor, set(block.arguments))
    names = [name for name, value in block.arguments.items() if writer.name(name, value)]
    lines = writer.lines(block)
    if code.name == "<lambda>" and len(lines) == 1:
        return f"lambda {', '.join(names)}: {lines[0].removeprefix('return ')}"
    return "\n".join(_function("f" if code.name == "<lambda>" else code.name, names, lines))


def _function(name: str, parameters: Iterable[str], lines: Sequence[str]) -> list[str]:
    return [f"def {name}({', '.join(parameters)}):", *(f"    {line}" for line in lines)]


@dataclass
class _Writer:
    """Names of tensors and of functions, by their ids, and the text of operations on them."""

    is_tensor: Callable[[Any], bool]
    taken: set[str]  # names of the parameters
    names: dict[int, str] = field(default_factory=dict)

    def lines(self, block: Block) -> list[str]:
        """The body of a function; what it returns is written where it is computed, if that is its last operation."""
        lines: list[str] = []
        for number, operation in enumerate(block.operations[:_MOST], 1):
            for function in _functions((operation.args, operation.kwargs)):
                lines += self._inner(function, block.inner.get(id(function)))
            text = self._operation(operation)
            if number == len(block.operations) and operation.result is block.result:
                return [*lines, f"return {text}"]
            lines.append(f"{self._new('t', operation.result)} = {text}")
        if len(block.operations) > _MOST:
            return [*lines, f"...  # and {len(block.operations) - _MOST} more operations"]
        return [*lines, f"return {self._value(block.result)}"]

    def _inner(self, function: Any, block: Block | None) -> list[str]:
        """A function that an operation was given, above that operation."""
        name = self._new("f")
        self.names[id(function)] = name
        if block is None:
            return [f"{name} = ...  # was not called"]
        parameters = [self._new("t", value) for value in block.arguments.values()]
        return _function(name, parameters, self.lines(block))

    def _new(self, letter: str, value: Any = None) -> str:
        """A name that nothing has yet, for a tensor or for those in a container."""
        name = next(name for number in itertools.count(1) if (name := f"{letter}{number}") not in self.taken)
        self.taken.add(name)
        self.name(name, value)
        return name

    def name(self, name: str, value: Any) -> bool:
        """Call a tensor by this name from now on, or those in a container by their places in it; False without any."""
        if self.is_tensor(value):
            self.names[id(value)] = name
            return True
        named = False
        items = enumerate(value) if isinstance(value, (list, tuple)) else ()
        for key, item in value.items() if isinstance(value, Mapping) else items:
            named |= self.name(f"{name}[{key!r}]", item)
        return named

    def _operation(self, operation: Operation) -> str:
        symbol, args = operation.symbol, operation.args
        if not operation.kwargs and len(args) == 2 and symbol in SIGN_OF:
            sign = SIGN_OF[symbol]
            left = self._owner(args[0]) if sign == "**" else self._value(args[0])
            return f"{left} {sign} {self._value(args[1])}"
        if not operation.kwargs and len(args) == 1 and symbol == NEGATIVE:
            return f"-{self._owner(args[0])}"
        if symbol == SUBSCRIPT:
            return f"{self._owner(args[0])}[{self._index(args[1])}]"
        if symbol.startswith("."):
            owner, *args = args
            return f"{self._owner(owner)}{symbol}({self._arguments(args, operation.kwargs)})"
        space = "" if symbol.startswith("keras.") else "tf."
        return f"{space}{symbol}({self._arguments(args, operation.kwargs)})"

    def _arguments(self, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
        return ", ".join([*map(self._value, args), *(f"{key}={self._value(item)}" for key, item in kwargs.items())])

    def _owner(self, value: Any) -> str:
        """What a power is raised from or an item taken of: numbers with a sign are in parentheses."""
        text = self._value(value)
        return f"({text})" if text.startswith("-") else text

    def _index(self, key: Any) -> str:
        if isinstance(key, tuple) and key:
            return ", ".join(map(self._index, key)) + "," * (len(key) == 1)
        if isinstance(key, slice):
            start, stop, step = ("" if part is None else self._value(part) for part in (key.start, key.stop, key.step))
            return f"{start}:{stop}" + f":{step}" * bool(step)
        return "..." if key is ... else self._value(key)

    def _value(self, value: Any) -> str:
        if id(value) in self.names:
            return self.names[id(value)]
        if isinstance(value, Mapping):
            return f"{{{', '.join(f'{key!r}: {self._value(item)}' for key, item in value.items())}}}"
        if isinstance(value, (list, tuple)):
            items = ", ".join(map(self._value, value))
            return f"[{items}]" if isinstance(value, list) else f"({items}{',' * (len(value) == 1)})"
        if isinstance(value, np.ndarray):
            return f"np.array({_short(value.tolist())}, {value.dtype.name!r})"
        return _short(value.item() if isinstance(value, np.generic) else value)


def _functions(value: Any) -> Iterator[Any]:
    """The functions in arguments, at any depth."""
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _functions(item)
    elif callable(value):
        yield value


def _short(value: Any) -> str:
    text = "..." if value is ... else repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
