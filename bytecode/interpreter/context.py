"""What instructions and functions need from the interpreter that runs them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from bytecode.interpreter.backend import Backend
from bytecode.interpreter.budget import Budget
from bytecode.interpreter.libraries import Libraries


class Context(Protocol):
    """One run of a function. Everything here raises `Refused` for what cannot be interpreted."""

    python: str
    """The version that wrote the function."""
    backend: Backend
    budget: Budget
    libraries: Libraries

    def is_tensor(self, value: Any) -> bool: ...

    def call(self, target: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """Call a function of the body, of a library or of Python."""

    def call_backend(self, symbol: str, args: Sequence[Any], kwargs: Mapping[str, Any] | None = None) -> Any:
        """Call a function of TensorFlow by its public name."""

    def outward(self, value: Any) -> Any:
        """Convert a value to what the backend takes."""

    def iterate(self, value: Any) -> Iterator[Any]:
        """Iterate over a value that is no tensor."""

    def collect(self, value: Any) -> list[Any]:
        """All items of a value that is no tensor, within the budget."""

    def name(self, name: str) -> Any:
        """The value of a global name."""

    def attribute(self, owner: Any, name: str) -> Any:
        """The attribute of a value."""
