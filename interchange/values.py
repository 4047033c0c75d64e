"""What a model is given and gives: plain arrays, and sparse and ragged tensors as arrays with a label."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Union

from interchange.tensors import Array


@dataclass(frozen=True)
class Sparse:
    """A sparse tensor as the dense `array` of its values; zeros and empty strings are what it leaves out."""

    array: Array


@dataclass(frozen=True)
class Ragged:
    """A ragged tensor: `array` has its values end to end, `lengths` those of its rows, for each ragged axis in turn."""

    array: Array
    lengths: tuple[tuple[int, ...], ...]


Value = Union[Array, Sparse, Ragged]


def array_of(value: Value) -> Array:
    """The numbers of a value, in whatever form."""
    return value.array if isinstance(value, (Sparse, Ragged)) else value


def like(value: Value, array: Array) -> Value:
    """Other numbers in the form of `value`."""
    if isinstance(value, Sparse):
        return Sparse(array)
    return Ragged(array, value.lengths) if isinstance(value, Ragged) else array


def kind_of(value: Value) -> str:
    """`dense`, `sparse` or `ragged`."""
    return type(value).__name__.lower() if isinstance(value, (Sparse, Ragged)) else "dense"


def facts_of(value: Value) -> dict[str, Any]:
    """What the bundle says about a value beside its array; nothing about a plain one."""
    if isinstance(value, Ragged):
        return {"kind": "ragged", "lengths": [list(lengths) for lengths in value.lengths]}
    return {"kind": "sparse"} if isinstance(value, Sparse) else {}


def from_facts(array: Array, facts: Mapping[str, Any]) -> Value:
    """The value that `facts_of` has told of."""
    if facts.get("kind") == "ragged":
        return Ragged(array, tuple(tuple(lengths) for lengths in facts["lengths"]))
    return Sparse(array) if facts.get("kind") == "sparse" else array


def are_facts(facts: Mapping[str, Any], shape: tuple[int, ...]) -> bool:
    """Whether a tensor of `shape` can be what these facts say: each list of lengths cuts what the next one counts."""
    if "kind" not in facts:
        return "lengths" not in facts
    if facts["kind"] != "ragged":
        return facts["kind"] == "sparse" and "lengths" not in facts
    rows = facts.get("lengths")
    if not isinstance(rows, list) or not rows or not shape or not all(map(_are_lengths, rows)):
        return False
    counted = [*(len(row) for row in rows[1:]), shape[0]]
    return all(sum(row) == count for row, count in zip(rows, counted))


def _are_lengths(row: Any) -> bool:
    return isinstance(row, list) and all(type(length) is int and length >= 0 for length in row)
