"""The interpreter: executes a function instruction by instruction, within limits, and calls only its backend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from bytecode.code import GENERATOR, Code
from bytecode.instructions.table import INSTRUCTIONS
from bytecode.interpreter import builtin_functions, math_and_numpy, methods
from bytecode.interpreter.arithmetic import plainly
from bytecode.interpreter.backend import Backend
from bytecode.interpreter.binding import bind
from bytecode.interpreter.budget import Budget, Limits
from bytecode.interpreter.frame import Frame
from bytecode.interpreter.libraries import Libraries
from bytecode.interpreter.values import BUILTINS, NULL, SCOPE, Cell, Dtype, Function, Method, Namespace, Symbol
from bytecode.refusals import Refused, Unknown

# What the functions of TensorFlow take besides tensors and containers.
_PLAIN = (bool, int, float, complex, bytes, np.ndarray, np.generic, type(None), type(...))


def run(  # noqa: PLR0913  (all that a function of Python consists of)
    code: Code,
    arguments: Sequence[Any],
    keywords: Mapping[str, Any] | None = None,
    *,
    backend: Backend,
    libraries: Libraries,
    defaults: Sequence[Any] = (),
    kwdefaults: Mapping[str, Any] | None = None,
    closure: Sequence[Any] = (),
    globals: Mapping[str, Any] | None = None,  # noqa: A002  (what Python calls them)
    limits: Limits | None = None,
) -> Any:
    """What the function returns for these arguments. Raises `Refused` if it cannot be interpreted."""
    machine = Machine(code.python, backend, globals or {}, Budget(limits or Limits()), libraries)
    cells = tuple(Cell(name, value) for name, value in zip(code.freevars, closure))
    missing = tuple(Cell(name) for name in code.freevars[len(cells) :])
    function = Function(code, tuple(defaults), dict(kwdefaults or {}), cells + missing)
    return machine.call(function, arguments, keywords or {})


@dataclass
class Machine:
    """One run of a function: the `Context` of its instructions."""

    python: str
    backend: Backend
    globals: Mapping[str, Any]
    budget: Budget
    libraries: Libraries

    def is_tensor(self, value: Any) -> bool:
        return self.backend.is_tensor(value)

    def call(self, target: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """The result of a call of a function of the body, of a library or of Python."""
        if isinstance(target, Function):
            return self._run(target, args, kwargs)
        if isinstance(target, Symbol):
            return self._call_symbol(target, args, kwargs)
        if isinstance(target, Method):
            return methods.call_method(self, target, args, kwargs)
        if target is SCOPE:
            return None
        if isinstance(target, Dtype):
            return math_and_numpy.convert(self, target, args, kwargs)
        raise Refused(f"a call of {type(target).__name__}", type(target).__name__)

    def _call_symbol(self, symbol: Symbol, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if symbol.space == BUILTINS:
            if symbol.path not in builtin_functions.FUNCTIONS:
                raise Unknown(f"{symbol} is not supported", symbol.path)
            return builtin_functions.FUNCTIONS[symbol.path](self, args, kwargs)
        if symbol.space in math_and_numpy.SPACES:
            return math_and_numpy.call(self, symbol, args, kwargs)
        if symbol.path in self.libraries.scopes:
            return SCOPE
        if symbol.path in self.libraries.answers:
            return plainly(symbol.path, self.libraries.answers[symbol.path], self, *args, **kwargs)
        return self.call_backend(symbol.path, args, kwargs)

    def call_backend(self, symbol: str, args: Sequence[Any], kwargs: Mapping[str, Any] | None = None) -> Any:
        """A function of TensorFlow; functions of the body are passed to it as callables."""
        self.budget.walk(args, kwargs or {})
        self.budget.spend(10)
        known, words = self.libraries.modern(symbol, kwargs or {})
        return self.backend.call(known, tuple(self.outward(args)), self.outward(words))

    def outward(self, value: Any) -> Any:
        """Convert a value to what the backend takes."""
        if isinstance(value, (Function, Symbol)):
            return lambda *args, **kwargs: self.call(value, args, kwargs)
        if isinstance(value, (Mapping, slice, list, tuple, range)):
            return self._outward_container(value)
        if isinstance(value, (Dtype, str)):
            return str(value)
        if isinstance(value, Method):
            raise Refused(f"the attribute {value.name} of {type(value.owner).__name__}", value.name)
        if not self.is_tensor(value) and not isinstance(value, _PLAIN):
            raise Refused(f"{type(value).__name__} is given to a function of TensorFlow", type(value).__name__)
        return value

    def _outward_container(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: self.outward(item) for key, item in value.items()}
        if isinstance(value, slice):
            return slice(*map(self.outward, (value.start, value.stop, value.step)))
        items = [self.outward(item) for item in self.collect(value)]
        return tuple(items) if isinstance(value, tuple) else items

    def iterate(self, value: Any) -> Iterator[Any]:
        """Iterate over a value that is no tensor."""
        if self.is_tensor(value):
            raise Refused("a loop over a tensor", "for")
        if not isinstance(value, Iterable) or isinstance(value, (Symbol, Method)):
            raise Refused(f"a loop over {type(value).__name__}", "for")
        return iter(plainly("for", iter, value))

    def collect(self, value: Any) -> list[Any]:
        """All items of a value that is no tensor, within the budget."""
        found = []
        for item in self.iterate(value):
            self.budget.spend()
            found.append(item)
            if len(found) > self.budget.limits.size:
                self.budget.sized(len(found))
        return found

    def name(self, name: str) -> Any:
        """The value of a global name: the caller's, a library, or Python's own."""
        if name in self.globals:
            return self.globals[name]
        known = self.libraries.globals.get(name)
        if known is not None:
            return known
        if name in builtin_functions.CONSTANTS:
            return builtin_functions.CONSTANTS[name]
        if name not in builtin_functions.FUNCTIONS or (name == "xrange" and self.python != "2.7"):
            raise Unknown(f"the name {name} is not in the file", name)
        return Symbol(BUILTINS, name)

    def attribute(self, owner: Any, name: str) -> Any:
        """`owner.name`; whether a method exists is decided when it is called."""
        if isinstance(owner, Namespace):
            if name not in owner.names:
                raise Unknown(f"the user's file defines no number or string for the attribute {name}", name)
            return owner.names[name]
        return self.libraries.member(owner, name) if isinstance(owner, Symbol) else methods.attribute(self, owner, name)

    def _run(self, function: Function, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        self.budget.depth += 1
        if self.budget.depth > self.budget.limits.depth:
            raise Unknown(f"functions call each other deeper than {self.budget.limits.depth} levels")
        code = function.code
        variables = bind(function, args, kwargs)
        cells = {name: Cell(name, variables.get(name, NULL)) for name in code.cellvars}
        frame = Frame(code, variables, {**cells, **dict(zip(code.freevars, function.closure))})
        self._execute(frame)
        self.budget.depth -= 1
        return iter(frame.yields) if code.flags & GENERATOR else frame.result

    def _execute(self, frame: Frame) -> None:
        """Execute until the function returns. A generator runs to its end at once: bodies have no side effects."""
        steps = frame.code.instructions
        while frame.result is NULL:
            if not 0 <= frame.number < len(steps):
                raise Refused("the code ends without a return")
            step = steps[frame.number]
            frame.number += 1
            self.budget.spend()
            definition = INSTRUCTIONS.get(step.op)
            try:
                if definition is None:
                    raise Unknown(f"the instruction {step.op}", step.op)
                definition.handler(self, frame, step.argument)
            except Refused as refusal:
                raise refusal.at(step.line) from None
