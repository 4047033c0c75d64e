"""The names under which bodies know libraries, in one place; what is not here is refused by name."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from interchange.bytecode.refusals import Refused
from interchange.bytecode.values import MATH, NUMPY, TENSORFLOW, Dtype, Symbol

_KERAS = "keras"
_BACKEND = "keras.backend"

# Global names by long habit.
_GLOBALS = {
    **dict.fromkeys("tf tensorflow".split(), Symbol(TENSORFLOW, "")),
    **dict.fromkeys("K k KB backend keras_backend".split(), Symbol(TENSORFLOW, _BACKEND)),
    **dict.fromkeys("keras tfk".split(), Symbol(TENSORFLOW, _KERAS)),
    **dict.fromkeys("np numpy".split(), Symbol(NUMPY, "")),
    **{name: Symbol(TENSORFLOW, f"{_KERAS}.{name}") for name in "activations layers".split()},
    "math": Symbol(MATH, ""),
}
# What an import statement in a body may name.
_MODULES = {
    "tensorflow": Symbol(TENSORFLOW, ""),
    "keras": Symbol(TENSORFLOW, _KERAS),
    "numpy": Symbol(NUMPY, ""),
    "math": Symbol(MATH, ""),
}
_DTYPES = {
    **{name: name for name in "float16 float32 float64 bfloat16 int8 int16 int32 int64 uint8 uint16 uint32 uint64 "
       "bool string complex64 complex128".split()},
    "bool_": "bool", "half": "float16", "double": "float64", "single": "float32",
}  # fmt: skip
_CONSTANTS: dict[str, dict[str, Any]] = {
    MATH: {"pi": math.pi, "e": math.e, "inf": math.inf, "nan": math.nan, "tau": math.tau},
    NUMPY: {
        "pi": np.pi, "e": np.e, "inf": np.inf, "Inf": np.inf, "nan": np.nan, "NaN": np.nan, "newaxis": None,
        "euler_gamma": np.euler_gamma,
    },
    TENSORFLOW: {"newaxis": None},
}  # fmt: skip


def global_name(name: str) -> Symbol | None:
    """The library that a global name stands for."""
    return _GLOBALS.get(name)


def module(dotted: str, whole: bool) -> Any:
    """What an import statement gives: the innermost module if `whole`, otherwise the outermost."""
    root, *inner = dotted.split(".")
    if root not in _MODULES:
        raise Refused(f"import of {dotted}", dotted)
    found: Any = _MODULES[root]
    for name in inner if whole else ():
        found = member(found, name)
    return found


def member(symbol: Symbol, name: str) -> Any:
    """An attribute of a library: a constant, a dtype, or a longer name."""
    if symbol.path == _BACKEND and name == "tf":
        return Symbol(TENSORFLOW, "")
    if name.startswith("_"):
        raise Refused(f"{symbol}.{name} is private", f"{symbol}.{name}")
    if not symbol.path:
        if name in _CONSTANTS[symbol.space]:
            return _CONSTANTS[symbol.space][name]
        if name in _DTYPES and symbol.space != MATH:
            return Dtype(_DTYPES[name])
    return symbol.inner(name)
