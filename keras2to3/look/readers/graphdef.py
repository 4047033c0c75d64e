"""A GraphDef: the nodes of the main graph and of every function, as far as the laws ask for them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass

from keras2to3.look.readers.protobuf import fields, messages, text, text_of

MAX_NODES = 200_000
MAX_DEPTH = 16
_LONGEST_PATH = 4096
_WIDEST = 16  # bytes of a complex128, and what a text takes at least


class TooManyNodesError(ValueError):
    """A graph beyond any model: too many nodes, or functions of functions of functions."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node: its operator, where its inputs come from, which functions it names, and what a constant promises.

    `climbs` tells whether a constant may hold a path that leads upwards.
    """

    name: str
    operator: str
    inputs: tuple[str, ...]
    functions: tuple[str, ...]
    declared: int
    stored: int
    climbs: bool = False


@dataclass(frozen=True)
class Function:
    """A function of the library; the main graph is the one without a name and without arguments."""

    name: str
    arguments: tuple[str, ...]
    nodes: tuple[Node, ...]

    @property
    def is_main(self) -> bool:
        """Whether it is the main graph."""
        return not self.name


def functions_of(graph: memoryview) -> list[Function]:
    """The main graph, then every function. Raises MalformedError, TooManyNodesError."""
    left = MAX_NODES
    found: list[Function] = []
    for name, arguments, nodes in _parts(graph):
        function = Function(name, arguments, tuple(_bounded(nodes, left)))
        left -= 1 + len(function.nodes)
        found.append(function)
    return found


def _parts(graph: memoryview) -> Iterator[tuple[str, tuple[str, ...], Iterator[memoryview]]]:
    yield "", (), messages(graph, 1)
    for library in messages(graph, 2):
        for function in messages(library, 1):
            (signature,) = (*messages(function, 1),) or (memoryview(b""),)
            arguments = tuple(text_of(argument, 1) for argument in messages(signature, 2))
            yield text_of(signature, 1) or "?", arguments, messages(function, 3)


def _bounded(nodes: Iterator[memoryview], left: int) -> Iterator[Node]:
    for count, message in enumerate(nodes):
        if count >= left:
            raise TooManyNodesError
        yield _node(message)


def _node(message: memoryview) -> Node:
    texts: dict[int, str] = {}
    inputs: list[str] = []
    functions: list[str] = []
    declared = stored = 0
    climbs = False
    for number, value in fields(message):
        if not isinstance(value, memoryview):
            continue
        if number in (1, 2):
            texts[number] = text(value)
        elif number == 3 and bytes(value[:1]) != b"^":  # else an order of execution, and no value
            inputs.append(text(value))
        elif number == 5:
            for attribute in messages(value, 2):
                for kind, inner in fields(attribute):
                    if kind == 8 and isinstance(inner, memoryview):
                        declared, stored = declared + _declared(inner), stored + len(inner)
                        climbs = climbs or len(inner) > _LONGEST_PATH or b".." in bytes(inner)
                    elif kind in (1, 10):
                        functions.extend(_named_functions(attribute, MAX_DEPTH))
    return Node(texts.get(1, ""), texts.get(2, ""), tuple(inputs), tuple(functions), declared, stored, climbs)


def _named_functions(attribute: memoryview, depth: int) -> Iterator[str]:
    """The functions of an attribute, one (field 10) or some in a list (field 9 of field 1), and those given to them."""
    if depth == 0:
        raise TooManyNodesError
    lists = (messages(listed, 9) for listed in messages(attribute, 1))
    for function in itertools.chain(messages(attribute, 10), *lists):
        yield text_of(function, 1)
        for entry in messages(function, 2):
            for inner in messages(entry, 2):
                yield from _named_functions(inner, depth - 1)


def _declared(tensor: memoryview) -> int:
    """The bytes a constant takes at most, whatever its dtype."""
    shapes = list(messages(tensor, 2))
    return sum(math.prod(_sizes(shape)) for shape in shapes) * _WIDEST


def _sizes(shape: memoryview) -> Iterator[int]:
    for dimension in messages(shape, 2):
        size = 0
        for number, value in fields(dimension):
            if number == 1 and isinstance(value, int):
                size = value
        yield size
