"""The values that a user's file defines for the names in a body: numbers, strings, and containers of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from bytecode.code import Code
from bytecode.interpreter.values import Namespace

_MOST = 1 << 16  # numbers of an array
_DEEPEST = 8


def named(code: Code) -> Iterator[str]:
    """The global names of a function, and of those within it."""
    for step in code.instructions:
        if step.op == "LOAD_GLOBAL":
            yield str(step.argument)
    for constant in code.consts:
        if isinstance(constant, Code):
            yield from named(constant)


def to_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """Of these values, those that are data, as JSON: a class or an object by its public attributes that are data."""
    found = {name: _to_json(value, 0) for name, value in values.items()}
    return {name: value for name, value in found.items() if value is not None}


def from_json(values: Mapping[str, Any]) -> dict[str, Any]:
    """The inverse of `to_json`; what was a class or an object is a `Namespace`."""
    return {name: _from_json(value) for name, value in values.items()}


def _to_json(value: Any, depth: int) -> dict[str, Any] | None:
    if depth > _DEEPEST or isinstance(value, (FunctionType, ModuleType)):
        return None
    if isinstance(value, (bool, int, str)) or value is None:
        return {"plain": value}
    if isinstance(value, float):
        return {"float": value.hex()}
    return _container(value, depth)


def _container(value: Any, depth: int) -> dict[str, Any] | None:
    if isinstance(value, (np.ndarray, np.generic)):
        plain = value.dtype.kind in "biuf" and value.size <= _MOST
        return {"array": value.tolist(), "dtype": value.dtype.name} if plain else None
    if type(value) in (list, tuple):
        items = [_to_json(item, depth + 1) for item in value]
        return None if None in items else {type(value).__name__: items}
    if type(value) is dict:
        entries = {key: _to_json(item, depth + 1) for key, item in value.items() if isinstance(key, str)}
        return {"dict": entries} if len(entries) == len(value) and None not in entries.values() else None
    return _attributes(value, depth)


def _attributes(value: Any, depth: int) -> dict[str, Any] | None:
    """What a class or an object of the user's holds, without what it has of its methods."""
    kind = value if isinstance(value, type) else type(value)
    own = {} if kind.__module__ == "builtins" else {**vars(kind), **getattr(value, "__dict__", {})}
    held = {name: _to_json(item, depth + 1) for name, item in own.items() if not name.startswith("_")}
    names = {name: item for name, item in held.items() if item is not None}
    return {"names": names} if names else None


def _from_json(value: Mapping[str, Any]) -> Any:
    if "array" in value:
        return np.array(value["array"], value["dtype"])
    ((kind, content),) = value.items()
    return _KINDS[kind](content)


_KINDS: dict[str, Any] = {
    "plain": lambda content: content,
    "float": float.fromhex,
    "list": lambda items: [_from_json(item) for item in items],
    "tuple": lambda items: tuple(_from_json(item) for item in items),
    "dict": from_json,
    "names": lambda entries: Namespace(from_json(entries)),
}
