"""The laws for the graph of a SavedModel: what its operators may be, and where the path of a file may come from."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from interchange.errors import Problem
from keras2to3.look.allowlist.graph import FILE_OPERATORS, allows_operator
from keras2to3.look.laws import Law
from keras2to3.look.readers.document import short
from keras2to3.look.readers.graphdef import MAX_NODES, Function, Node, TooManyNodesError, functions_of
from keras2to3.look.readers.hdf5 import ALLOWANCE, RATIO

MAX_PROBLEMS = 1_000

_REBUILD = (
    "Build the model in Keras 2 with the code that made it, load its weights, "
    "and save the whole model with model.save('model.h5')."
)
_MAX_CHAIN = 8
_MAX_PACKED = 256  # files of one checkpoint
# They hand a path on by their first input; the others choose a part or add one below it.
_PASSING = frozenset({"Identity", "StringJoin", "ShardedFilename"})
_GIVEN = frozenset({"Placeholder", "PlaceholderWithDefault"})


def problems_of(graph: memoryview, assets: frozenset[str], captures: Mapping[str, tuple[bool, ...]]) -> list[Problem]:
    """All that breaks a law in a GraphDef; `assets` are the nodes whose value is the path of an asset.

    `captures` says what the model itself gives a function as its last arguments, and whether each is an asset.

    Raises MalformedError.
    """
    try:
        functions = functions_of(graph)
    except TooManyNodesError:
        text = f"it has more than {MAX_NODES:,} nodes, or functions within functions without end"
        return [Law.LIMITS.broken("", "graph", text, instead=_REBUILD)]
    scopes = [_Scope(function, {node.name: node for node in function.nodes}, assets) for function in functions]
    paths = {scope.function.name: scope.path_arguments() for scope in scopes if not scope.function.is_main}
    found = itertools.chain(
        itertools.chain.from_iterable(_of_function(scope, paths) for scope in scopes),
        itertools.chain.from_iterable(_of_captures(scope.function, paths, captures) for scope in scopes),
    )
    return list(itertools.islice(found, MAX_PROBLEMS))


@dataclass(frozen=True)
class _Scope:
    """A function and what can be asked about where its values come from."""

    function: Function
    nodes: Mapping[str, Node]
    assets: frozenset[str]

    def origin(self, node: Node, index: int, depth: int = _MAX_CHAIN) -> str | None:
        """The argument or placeholder or asset that an input is, or lies below; None if the graph decides it."""
        if index >= len(node.inputs) or depth == 0:
            return None
        name, source = self._source(node, index)
        if source is None or self._is_given(source):
            return name if source or name in self.function.arguments else None
        if source.operator == "ReadVariableOp" and self.function.is_main:
            return self._assigned(source, depth - 1)
        if source.operator == "Pack" and depth == _MAX_CHAIN:  # many paths, of which none may be the graph's own
            origins = [self.origin(source, at, depth - 1) for at in range(min(len(source.inputs), _MAX_PACKED))]
            return origins[0] if origins and all(origins) and len(origins) == len(source.inputs) else None
        if source.operator not in _PASSING or not all(self._stays(source, at) for at in range(1, len(source.inputs))):
            return None
        return self.origin(source, 0, depth - 1)

    def _assigned(self, reading: Node, depth: int) -> str | None:
        """Where the value of a variable comes from: TensorFlow keeps the path of an asset in one."""
        handles = {name.partition(":")[0] for name in reading.inputs[:1]}
        writing = [node for node in self.nodes.values() if node.operator == "AssignVariableOp"]
        assigned = [node for node in writing if handles & {name.partition(":")[0] for name in node.inputs[:1]}]
        origins = [self.origin(node, 1, depth) for node in assigned]
        return origins[0] if origins and all(origins) else None

    def _is_given(self, source: Node) -> bool:
        return source.operator in _GIVEN or (self.function.is_main and source.name in self.assets)

    def _source(self, node: Node, index: int) -> tuple[str, Node | None]:
        """The name and the node an input comes from: `name`, `name:0` or `name:output:0`."""
        name = node.inputs[index].partition(":")[0]
        return name, self.nodes.get(name)

    def _stays(self, node: Node, index: int, depth: int = 3) -> bool:
        """Whether what is joined to a path is a constant, or one of two, that does not lead upwards again."""
        _, source = self._source(node, index)
        if source is None or depth == 0:
            return False
        if source.operator == "Const":
            return not source.climbs
        if source.operator not in ("Select", "SelectV2") or len(source.inputs) != 3:
            return False
        return all(self._stays(source, at, depth - 1) for at in (1, 2))

    def path_arguments(self) -> frozenset[int] | None:
        """Which arguments are paths of files; None for a function that touches none."""
        used = [node for node in self.function.nodes if node.operator in FILE_OPERATORS]
        origins = {self.origin(node, index) for node in used for index in FILE_OPERATORS[node.operator]}
        arguments = enumerate(self.function.arguments)
        return frozenset(index for index, name in arguments if name in origins) if used else None


def _of_function(scope: _Scope, paths: Mapping[str, frozenset[int] | None]) -> Iterator[Problem]:
    for node in scope.function.nodes:
        place, shown = short(f"{scope.function.name}/{node.name}".lstrip("/")), short(node.operator)
        text = _wrong_operator(node, scope, paths) or _wrong_call(node, scope, paths)
        if text is not None:
            yield Law.OPERATORS.broken(place, shown, text, instead=_REBUILD)
        if node.declared > ALLOWANCE + RATIO * node.stored:
            text = f"a constant declares up to {node.declared:,} bytes and stores {node.stored:,}"
            yield Law.PROMISES.broken(place, shown, text, instead=_REBUILD)


def _of_captures(
    function: Function, paths: Mapping[str, frozenset[int] | None], captures: Mapping[str, tuple[bool, ...]]
) -> Iterator[Problem]:
    """A path that the model hands over by itself is that of an asset: a constant may be any file."""
    captured = captures.get(function.name, ())
    first = len(function.arguments) - len(captured)
    if any(index >= first and not captured[index - first] for index in paths.get(function.name) or ()):
        text = "the model itself gives it the path of a file"
        yield Law.OPERATORS.broken(short(function.name), "function", text, instead=_REBUILD)


def _wrong_operator(node: Node, scope: _Scope, paths: Mapping[str, object]) -> str | None:
    if node.operator in FILE_OPERATORS:
        given = all(scope.origin(node, index) for index in FILE_OPERATORS[node.operator])
        return None if given else "it reads or writes a file whose path the graph itself decides"
    # A function may be called like an operator, but not be named like one: TensorFlow would take either.
    if allows_operator(node.operator) or (node.operator.startswith("__") and node.operator in paths):
        return None
    return "an operator that may touch more than its tensors, or is unknown, is never run"


def _wrong_call(node: Node, scope: _Scope, paths: Mapping[str, frozenset[int] | None]) -> str | None:
    """A function on files is there for whoever loads or saves the model: the main graph hands his path on."""
    for name in (node.operator, *node.functions):
        arguments = paths.get(name)
        if arguments is None:
            continue
        if not scope.function.is_main:
            return f"it calls {short(name)}, which reads or writes files"
        if any(scope.origin(node, index) is None for index in arguments):
            return f"it gives {short(name)} the path of a file"
    return None
