"""A GraphDef: the nodes of the main graph and of every function, as far as the policies need them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

from keras2to3.scanner.readers.protobuf import MalformedError, fields, messages, text, text_of

MAX_NODES = 200_000
MAX_DEPTH = 16
PRINTS = "PrintV2"
"""The operator that prints, to a stream or to a file."""
_LONGEST_TEXT = 64
_WIDEST = 16  # bytes of a complex128, and what a text takes at least
_LARGEST = 1 << 63
_HANDLES = (14, 15)  # of a tensor: names of resources, and objects of any kind
_KNOWN = {"graph": {1, 2, 3, 4, 5}, "library": {1, 2, 3}, "function": {1, 3, 4, 5, 6, 7, 8}}
# A function that declares the same interface as another may be called in its place, with its arguments.
_SWAPPED = frozenset({"api_implements", "api_preferred_device", "forward_function_name", "backward_function_name"})


class TooManyNodesError(ValueError):
    """A graph beyond any model: too many nodes, or functions of functions of functions."""


@dataclass(frozen=True, slots=True)
class Node:
    """One node: its operator, its inputs, the functions it names, and the size that a constant declares.

    `inputs` are tensors and `after` the nodes that only run before it, by the names of their nodes. `calls` is the
    function its attribute `f` names, and `functions` all that any of its attributes names. `content` is the text of a
    constant that is one short text, `separator` what a StringJoin puts between two texts, `shared` the names that a
    variable goes by. `is_handle` is whether a constant is no value but a way to reach one. `streams` are what it prints
    to, all that are said; one that a caller of the function decides is empty.
    """

    name: str
    operator: str
    inputs: tuple[str, ...]
    after: tuple[str, ...]
    calls: tuple[str, ...]
    functions: tuple[str, ...]
    declared: int
    stored: int
    content: bytes | None
    separator: bytes
    shared: tuple[str, ...]
    is_handle: bool = False
    streams: tuple[str, ...] = ()


@dataclass(frozen=True)
class Function:
    """A function of the library; the main graph is the one without a name and without arguments.

    `replaces` is whether it may be called in place of another one. The arguments of a function that takes lists are
    None, because it is then unknown which argument a tensor is.
    """

    name: str
    arguments: tuple[str, ...] | None
    nodes: tuple[Node, ...]
    replaces: bool = False

    @property
    def is_main(self) -> bool:
        """Whether it is the main graph."""
        return not self.name


@dataclass(frozen=True)
class GraphDef:
    """The main graph, all functions, and the names of those that TensorFlow calls for a gradient."""

    functions: tuple[Function, ...]
    gradients: frozenset[str]

    @property
    def main(self) -> Function:
        """The main graph."""
        return self.functions[0]


def read(graph: memoryview) -> GraphDef:
    """The whole graph. Raises MalformedError, TooManyNodesError."""
    _require_known(graph, "graph")
    left = MAX_NODES
    definitions: list[Function] = []
    gradients: set[str] = set()
    for function in _functions(graph):
        nodes = tuple(_bounded(function.nodes, left))
        left -= 1 + len(nodes)
        definitions.append(Function(function.name, function.arguments, nodes, function.replaces))
    for library in messages(graph, 2):
        _require_known(library, "library")
        for number in (2, 3):  # the gradient of a function by its name, and of an operator
            for entry in messages(library, number):
                gradients |= {text_of(entry, 1), text_of(entry, 2)} if number == 2 else {text_of(entry, 1)}
    return GraphDef(tuple(definitions), frozenset(gradients))


@dataclass(frozen=True)
class _Encoded:
    name: str
    arguments: tuple[str, ...] | None
    nodes: Iterator[memoryview]
    replaces: bool = False


def _functions(graph: memoryview) -> Iterator[_Encoded]:
    yield _Encoded("", (), messages(graph, 1))
    for library in messages(graph, 2):
        for function in messages(library, 1):
            _require_known(function, "function")
            signatures = list(messages(function, 1))
            if len(signatures) != 1:
                raise MalformedError("a function without a signature, or with two")
            replaces = any(text_of(attribute, 1) in _SWAPPED for attribute in messages(function, 5))
            name, arguments = text_of(signatures[0], 1), _arguments(signatures[0])
            yield _Encoded(name or "?", arguments, messages(function, 3), replaces)


def _require_known(message: memoryview, what: str) -> None:
    """Refuse unknown fields, which a newer TensorFlow may read."""
    if any(number not in _KNOWN[what] for number, _ in fields(message)):
        raise MalformedError(f"a {what} with a part that no TensorFlow up to 2.20 knows")


def _arguments(signature: memoryview) -> tuple[str, ...] | None:
    """The names of the arguments; an argument whose number or list of types is an attribute is many tensors."""
    arguments = list(messages(signature, 2))
    many = any(number in (5, 6) for argument in arguments for number, _ in fields(argument))
    return None if many else tuple(text_of(argument, 1) for argument in arguments)


def _bounded(nodes: Iterator[memoryview], left: int) -> Iterator[Node]:
    for count, message in enumerate(nodes):
        if count >= left:
            raise TooManyNodesError
        yield _node(message)


@dataclass(slots=True)
class _Attributes:
    """The attributes of a node; a duplicate counts twice, because TensorFlow could read either."""

    calls: list[str] = field(default_factory=list)
    functions: list[str] = field(default_factory=list)
    shared: list[str] = field(default_factory=list)
    tensors: list[memoryview] = field(default_factory=list)
    separator: bytes = b""

    def add(self, entry: memoryview) -> None:
        for attribute in messages(entry, 2):
            for kind, inner in fields(attribute):
                if kind in (1, 2, 8, 10) and isinstance(inner, memoryview):
                    self._add(entry, attribute, kind, inner)

    def _add(self, entry: memoryview, attribute: memoryview, kind: int, inner: memoryview) -> None:
        if kind == 8:
            self.tensors.append(inner)
        elif kind == 2:
            key = text_of(entry, 1)
            if key == "separator":
                self.separator = self.separator or bytes(inner)
            elif key in ("shared_name", "container"):
                self.shared.append(text(inner))
        else:
            named = list(_named_functions(attribute, MAX_DEPTH))
            self.functions += named
            if kind == 10 and text_of(entry, 1) == "f":
                self.calls += named[:1]


def _node(message: memoryview) -> Node:
    texts: dict[int, str] = {}
    inputs: list[str] = []
    after: list[str] = []
    said = _Attributes()
    for number, value in fields(message):
        if not isinstance(value, memoryview):
            continue
        if number in (1, 2):
            texts[number] = text(value)
        elif number == 3:
            taken = text(value)
            if taken[:1] == "^":  # an order of execution, and no value
                after.append(taken[1:])
            else:
                inputs.append(taken.partition(":")[0])
        elif number == 5:
            said.add(value)
    return Node(
        texts.get(1, ""),
        texts.get(2, ""),
        tuple(inputs),
        tuple(after),
        tuple(said.calls),
        tuple(said.functions),
        sum(map(_declared, said.tensors)),
        sum(map(len, said.tensors)),
        _text_in(said.tensors[0]) if len(said.tensors) == 1 else None,
        said.separator,
        tuple(said.shared),
        any(number in _HANDLES for tensor in said.tensors for number, _ in fields(tensor)),
        tuple(_streams(message)) if texts.get(2) == PRINTS else (),
    )


def _streams(node: memoryview) -> Iterator[str]:
    for entry in messages(node, 5):
        if text_of(entry, 1) == "output_stream":
            said = [field for attribute in messages(entry, 2) for field in fields(attribute)]
            yield from (text(value) if kind == 2 and isinstance(value, memoryview) else "" for kind, value in said)


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


def _text_in(tensor: memoryview) -> bytes | None:
    """The content of a constant that is one short text."""
    first_fields = list(itertools.islice(fields(tensor), 8))
    texts = [value for number, value in first_fields if number == 8]
    if len(texts) != 1 or {number for number, _ in first_fields} - {1, 2, 3, 8} or len(first_fields) == 8:
        return None
    (value,) = texts
    return bytes(value) if isinstance(value, memoryview) and len(value) <= _LONGEST_TEXT else None


def _declared(tensor: memoryview) -> int:
    """The most bytes that a constant takes, for any dtype."""
    return sum(_elements(shape) for shape in messages(tensor, 2)) * _WIDEST


def _elements(shape: memoryview) -> int:
    """The product of the sizes, cut off where it is larger than any model needs."""
    product = 1
    for dimension in messages(shape, 2):
        size = 0
        for number, value in fields(dimension):
            if number == 1 and isinstance(value, int):
                size = value
        product = min(product * size, _LARGEST)
    return product
