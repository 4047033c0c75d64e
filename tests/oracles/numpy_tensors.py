"""Tensors that Python itself can calculate with, by the functions of the NumPy backend: what a body really computes."""

from __future__ import annotations

import contextlib
import math
from typing import Any

import numpy as np

from tests.oracles.numpy_backend import NumpyBackend, tensor
from tests.oracles.numpy_backend.tensors import Tensor, TopK

BACKEND = NumpyBackend()
OPERATORS = {
    "add": "__operators__.add", "sub": "math.subtract", "mul": "math.multiply", "truediv": "math.truediv",
    "floordiv": "compat.v1.floor_div", "mod": "math.floormod", "pow": "math.pow", "matmul": "linalg.matmul",
    "and": "math.logical_and", "or": "math.logical_or", "lt": "math.less", "le": "math.less_equal",
    "gt": "math.greater", "ge": "math.greater_equal",
}  # fmt: skip


class Shape(tuple):
    def as_list(self) -> list:
        return list(self)


class Live:
    """A tensor with Python's operators."""

    __array_priority__ = 100
    __hash__ = object.__hash__

    def __init__(self, array: Any) -> None:
        self.array = array

    shape = property(lambda self: Shape(self.array.shape))
    dtype = property(lambda self: self.array.dtype.name)

    def get_shape(self) -> Shape:
        return self.shape

    def __getitem__(self, key: Any) -> Any:
        return call("__operators__.getitem", self, key)

    def __neg__(self) -> Any:
        return call("math.negative", self)

    def __abs__(self) -> Any:
        return call("math.abs", self)

    def __invert__(self) -> Any:
        return call("math.logical_not", self)


for _name, _symbol in OPERATORS.items():
    setattr(Live, f"__{_name}__", lambda self, other, symbol=_symbol: call(symbol, self, other))
    setattr(Live, f"__r{_name}__", lambda self, other, symbol=_symbol: call(symbol, other, self))


# What Keras answers with plain values.
ANSWERS: dict[str, Any] = {
    "keras.backend.int_shape": lambda x: tuple(x.shape),
    "keras.backend.epsilon": lambda: 1e-7,
    **dict.fromkeys(("name_scope", "keras.backend.name_scope"), contextlib.nullcontext),
}


def call(symbol: str, *args: Any, **kwargs: Any) -> Any:
    if symbol in ANSWERS:
        return ANSWERS[symbol](*args, **kwargs)
    return outward(BACKEND.call(symbol, inward(args), inward(kwargs)))


def inward(value: Any) -> Any:
    if isinstance(value, Live):
        return tensor(value.array)
    if isinstance(value, dict):
        return {key: inward(item) for key, item in value.items()}
    if isinstance(value, slice):
        return slice(*map(inward, (value.start, value.stop, value.step)))
    if callable(value):
        return lambda *args: inward(value(*map(outward, args)))
    return type(value)(map(inward, value)) if type(value) in (list, tuple) else value


def outward(value: Any) -> Any:
    if isinstance(value, Tensor):
        return Live(value.array)
    if isinstance(value, TopK):
        return TopK(*map(outward, value))
    return type(value)(map(outward, value)) if type(value) in (list, tuple) else value


class Library:
    """`tf` or `keras.backend`: every attribute is a name or a function of the backend."""

    def __init__(self, path: str = "") -> None:
        self.path = path

    def __getattr__(self, name: str) -> Any:
        if name in ("float32", "int32"):
            return name
        if name == "newaxis":
            return None
        return Library() if name == "tf" else Library(f"{self.path}.{name}" if self.path else name)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return call(self.path, *args, **kwargs)


NAMES = {"tf": Library(), "K": Library("keras.backend"), "np": np, "math": math}
