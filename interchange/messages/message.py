"""Dataclasses as JSON objects and back, by the types of their fields."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import Field, fields
from operator import methodcaller
from pathlib import Path
from typing import Annotated, Any, NamedTuple, Optional, TypeVar, Union, get_args, get_origin, get_type_hints

M = TypeVar("M", bound="Message")
Convert = Optional[Callable[[Any], Any]]
"""What makes a field of the value in JSON, or the other way round; None where both are the same."""


class Column(NamedTuple):
    """How one field of a message stands in JSON."""

    name: str  # of the field
    hint: Any  # the type of the field, with its limits
    optional: bool  # whether the key is left out where the field is None
    read: Convert
    write: Convert


OMITTED_IF_NONE = {"optional": True}
"""The metadata of a field whose key is left out where it is None; `{"key": ...}` is that of one with another key."""


class Message:
    """The base of all frozen dataclasses that JSON carries: the fields are the keys, in any order."""

    def to_json(self) -> dict[str, Any]:
        """A JSON object that `from_json` reads back."""
        return to_json(self, type(self))

    @classmethod
    def from_json(cls: type[M], data: Mapping[str, Any]) -> M:
        """The inverse of `to_json`. Raises LookupError, TypeError or ValueError for anything else."""
        known = columns(cls)
        if unknown := data.keys() - known.keys():
            raise ValueError(f"{cls.__name__} has no {sorted(unknown)}")
        rows = ((known[key], value) for key, value in data.items())
        return cls(**{column.name: column.read(value) if column.read else value for column, value in rows})


def to_json(message: Message, cls: type[Message]) -> dict[str, Any]:
    """The fields that a class declares, of an object of that class or of one derived from it."""
    document: dict[str, Any] = {}
    for key, column in columns(cls).items():
        value = getattr(message, column.name)
        if value is not None or not column.optional:
            document[key] = column.write(value) if column.write else value
    return document


def columns(cls: Any) -> Mapping[str, Column]:
    """Every field of a message class by its key in JSON.

    Python 3.9 evaluates the types, too: so they say Optional, and never `| None`.
    """
    return _columns(cls)


@functools.cache
def _columns(cls: Any) -> Mapping[str, Column]:
    hints = get_type_hints(cls, include_extras=True)
    return {each.metadata.get("key", each.name): _column(each, hints[each.name]) for each in fields(cls)}


def _column(declared: Field[Any], hint: Any) -> Column:
    read, write = _converted(hint, _reader, tuple), _converted(hint, _writer, list)
    return Column(declared.name, hint, "optional" in declared.metadata, read, write)


def _reader(cls: Any) -> Convert:
    return getattr(cls, "from_json", Path if cls is Path else None)


def _writer(cls: Any) -> Convert:
    return methodcaller("to_json") if hasattr(cls, "to_json") else str if cls is Path else None


def _converted(hint: Any, convert: Callable[[Any], Convert], row: type[Any]) -> Convert:
    """How a field of a type is converted, where `convert` says it of a class, and `row` is what a list becomes."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _converted(inner[0], convert, row)
    if origin is Union:
        within = _converted(inner[0], convert, row)
        return within and (lambda value: None if value is None else within(value))
    if origin is tuple:
        item = _converted(inner[0], convert, row) or _same
        return lambda value: row(map(item, value))
    if origin is Mapping:
        item = _converted(inner[1], convert, row) or _same
        return None if item is _same else lambda value: {key: item(each) for key, each in value.items()}
    return convert(hint)


def _same(value: Any) -> Any:
    return value
