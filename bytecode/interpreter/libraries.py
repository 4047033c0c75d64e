"""The libraries that a function may name: tables of their names, passed in by the caller."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bytecode.interpreter.values import NUMPY, TENSORFLOW, Dtype, Symbol
from bytecode.refusals import Unknown

_LONGEST = 300  # characters of a dotted name; those of TensorFlow have less than a hundred


@dataclass(frozen=True)
class Libraries:
    """What names mean; a name that is in no table is refused.

    `globals` are global names by long habit, `modules` what an import statement may name, `constants` and `dtypes`
    attributes that are no functions, by the space of their library and by their path. `answers` are functions of
    Python that are called with the `Context` in the place of those that the backend would be asked for. `scopes` are
    functions that open a scope of names. `aliases` are other paths of modules, `renamed` other names of functions, and
    `renamed_arguments` those of arguments.
    """

    globals: Mapping[str, Symbol] = field(default_factory=dict)
    modules: Mapping[str, Symbol] = field(default_factory=dict)
    constants: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    dtypes: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    scopes: frozenset[str] = frozenset()
    aliases: Mapping[str, str] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)
    renamed_arguments: Mapping[str, str] = field(default_factory=dict)

    def module(self, dotted: str, whole: bool) -> Any:
        """What an import statement gives: the innermost module if `whole`, otherwise the outermost."""
        root, *inner = dotted.split(".")
        if root not in self.modules:
            raise Unknown(f"import of {dotted}", dotted)
        found: Any = self.modules[root]
        for name in inner if whole else ():
            found = self.member(found, name)
        return found

    def member(self, symbol: Symbol, name: str) -> Any:
        """An attribute of a library: a constant, a dtype, or a longer name."""
        if len(symbol.path) + len(name) > _LONGEST:
            raise Unknown(f"a name of more than {_LONGEST} characters")
        if name.startswith("_"):
            raise Unknown(f"{symbol}.{name} is private", f"{symbol}.{name}")
        inner = symbol.inner(name)
        if symbol.space == TENSORFLOW and inner.path in self.aliases:
            return Symbol(TENSORFLOW, self.aliases[inner.path])
        if inner.path in self.constants.get(symbol.space, ()):
            return self.constants[symbol.space][inner.path]
        if inner.path in self.dtypes and symbol.space in (NUMPY, TENSORFLOW):
            return Dtype(self.dtypes[inner.path])
        return inner

    def modern(self, symbol: str, kwargs: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """A call of a function of TensorFlow by its newest name, with the newest names of its arguments."""
        renamed = {self.renamed_arguments.get(name, name): value for name, value in kwargs.items()}
        return self.renamed.get(symbol, symbol), renamed
