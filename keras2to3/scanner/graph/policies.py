"""The policies for the graph of a SavedModel: its operators, its names, and which nodes reach which operators."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from interchange.errors import Problem
from keras2to3.scanner.allowlist.graph import CHECKPOINT_OPERATORS, STREAMS, TABLE_OPERATORS, allows_operator
from keras2to3.scanner.graph.file_access import FileAccessCheck
from keras2to3.scanner.location import REBUILD_GRAPH
from keras2to3.scanner.policies import Policy
from keras2to3.scanner.readers.graphdef import MAX_NODES, PRINTS, Function, GraphDef, Node, TooManyNodesError, read
from keras2to3.scanner.readers.json_document import short
from keras2to3.scanner.readers.metagraph import MetaGraph
from keras2to3.scanner.readers.size_limits import ALLOWANCE, RATIO

MAX_PROBLEMS = 1_000

_NAME = re.compile(r"[A-Za-z0-9_.][A-Za-z0-9_.\\/>-]*", re.ASCII)


def problems_of(graph: memoryview, meta: MetaGraph) -> list[Problem]:
    """Every violation in a GraphDef; `meta` lists what is fed and run. Raises MalformedError."""
    try:
        definition = read(graph)
    except TooManyNodesError:
        text = f"it has more than {MAX_NODES:,} nodes, or functions within functions without end"
        return [Policy.LIMITS.violation("", "graph", text, instead=REBUILD_GRAPH)]
    broken = itertools.chain(_of_names(definition), _of_nodes(definition), FileAccessCheck(definition, meta).problems())
    return list(itertools.islice(broken, MAX_PROBLEMS))


def _of_names(graph: GraphDef) -> Iterator[Problem]:
    """Names that are duplicate, or look like an input: two readers may understand them differently."""
    for name in _twice(function.name for function in graph.functions):
        yield _violation(Policy.FORM, short(name) or "graph", "function", "two functions of one name")
    for function in graph.functions:
        for name in _twice((*(node.name for node in function.nodes), *(function.arguments or ()))):
            yield _violation(Policy.FORM, _path(function, name), "node", "two nodes of one name")
        if _is_taken(function):
            text = "a function that is named like an operator or an input"
            yield _violation(Policy.FORM, short(function.name), "function", text)
        for node in function.nodes:
            if not _NAME.fullmatch(node.name):
                text = "a name that TensorFlow gives no node"
                yield _violation(Policy.FORM, _path(function, node.name), short(node.operator), text)


def _is_taken(function: Function) -> bool:
    """Whether a function has the name of an operator: TensorFlow looks for functions first."""
    named = allows_operator(function.name) or function.name in (*CHECKPOINT_OPERATORS, *TABLE_OPERATORS)
    return named or any(letter in ":^@" or not letter.isprintable() for letter in function.name)


def _of_nodes(graph: GraphDef) -> Iterator[Problem]:
    functions = frozenset(function.name for function in graph.functions)
    for function in graph.functions:
        for node in function.nodes:
            yield from _of_node(function, node, functions)


def _of_node(function: Function, node: Node, functions: frozenset[str]) -> Iterator[Problem]:
    place, shown = _path(function, node.name), short(node.operator)
    # A function may be called like an operator, but not be named like one: TensorFlow would take either.
    allowed = (
        allows_operator(node.operator)
        or _only_prints(node)
        or (node.operator.startswith("__") and node.operator in functions)
    )
    if not allowed and node.operator not in (*CHECKPOINT_OPERATORS, *TABLE_OPERATORS):
        text = "an operator that is unknown or may access more than its tensors is never run"
        yield _violation(Policy.OPERATORS, place, shown, text)
    if node.is_handle:
        yield _violation(
            Policy.OPERATORS, place, shown, "a constant that is the handle of something else is never followed"
        )
    if node.declared > ALLOWANCE + RATIO * node.stored:
        text = f"a constant declares up to {node.declared:,} bytes and stores {node.stored:,}"
        yield _violation(Policy.PROMISES, place, shown, text)


def _only_prints(node: Node) -> bool:
    """Whether a node prints to a stream of the process; to another one, that of a file, would be to write it."""
    return node.operator == PRINTS and STREAMS.issuperset(node.streams)


def _twice(names: Iterable[str]) -> Iterator[str]:
    return (name for name, count in Counter(names).items() if count > 1)


def _path(function: Function, name: str) -> str:
    return short(f"{function.name}/{name}".lstrip("/"))


def _violation(policy: Policy, place: str, shown: str, text: str) -> Problem:
    return policy.violation(place, shown, text, instead=REBUILD_GRAPH)
