"""Tensors of the NumPy backend, and how plain values become like them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from bytecode.refusals import Refused
from interchange.tensors import Array

MAX_ELEMENTS = 1 << 26
Function = Callable[..., Any]


@dataclass(frozen=True, eq=False)
class Tensor:
    """An array that the interpreter keeps its hands off."""

    array: Array


class TopK(NamedTuple):
    """Numbers and their places, which bodies also know by these names."""

    values: Any
    indices: Any


def array(value: Any, like: Tensor | None = None) -> Array:
    """The numbers or words of a value. Plain ones take the dtype of the tensor they meet, or TensorFlow's usual one."""
    if isinstance(value, Tensor):
        return value.array
    if isinstance(value, (list, tuple)) and _holds_tensor(value):
        return np.stack([array(item, like or _first(value)) for item in value])
    found = np.asarray(value)
    if found.dtype.kind == "U":  # a tensor of words holds their bytes
        found = np.char.encode(found, "utf-8").astype(object)
    if like is not None:
        return found.astype(like.array.dtype)
    if isinstance(value, (np.ndarray, np.generic)):
        return found
    return found.astype({"f": np.float32, "i": np.int32}.get(found.dtype.kind, found.dtype))


def arrays(*values: Any) -> list[Array]:
    """Values that meet in one function, all of one dtype."""
    like = _first(values)
    return [array(value, like) for value in values]


def _holds_tensor(values: Iterable[Any]) -> bool:
    return any(isinstance(v, Tensor) or (isinstance(v, (list, tuple)) and _holds_tensor(v)) for v in values)


def _first(values: Iterable[Any]) -> Tensor | None:
    return next((value for value in values if isinstance(value, Tensor)), None)


def sizes(value: Any) -> tuple[int, ...]:
    """A shape, list of axes or of repeats, whose parts may be tensors of one number."""
    flat = value if isinstance(value, (list, tuple)) else np.atleast_1d(array(value)).tolist()
    return tuple(size(item) for item in flat)


def size(value: Any) -> int:
    found = value.array.item() if isinstance(value, Tensor) else value
    if isinstance(found, bool) or not isinstance(found, (int, np.integer)):
        raise TypeError(f"{type(found).__name__} in place of a whole number")
    return int(found)


def axes(value: Any) -> Any:
    """An axis, several, or None for all."""
    return None if value is None else sizes(value) if isinstance(value, (list, tuple)) else size(value)


def room(shape: Iterable[int]) -> None:
    """An array of this shape is about to be made."""
    if math.prod(shape) > MAX_ELEMENTS:
        raise Refused("a tensor is larger than any check needs")


def table(entries: dict[str, Function]) -> dict[str, Function]:
    """Functions by each of their names, which the keys hold separated by spaces."""
    return {name: function for names, function in entries.items() for name in names.split()}


def backend(names: str) -> str:
    """Names of `keras.backend`."""
    return " ".join(f"keras.backend.{name}" for name in names.split())
