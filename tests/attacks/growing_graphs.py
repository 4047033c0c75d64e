"""Graphs in which many nodes ask the same of many others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from tests.attacks.graph_parts import (
    STRING,
    Model,
    call,
    default,
    function,
    kind,
    node,
    same,
    shape,
    text,
)

_PATH = (text("model", "model"), default("path", "model"))


def _model(nodes: Iterable[bytes], functions: Iterable[bytes] = ()) -> Model:
    return Model((*_PATH, *nodes), tuple(functions), saver=("path:0", "x0:0", "load"))


def _readers_of_one_variable(n: int) -> Model:
    """Each asks who has set a variable that everybody has set."""
    variable = node("variable", "VarHandleOp", dtype=kind(STRING), shape=shape())
    setting = (node(f"s{at}", "AssignVariableOp", "variable", "path") for at in range(n))
    reading = (node(f"r{at}", "ReadVariableOp", "variable") for at in range(n))
    return _model((variable, *setting, *reading, *_tables(n, "r")))


def _tables(n: int, path: str) -> Iterable[bytes]:
    return (node(f"t{at}", "InitializeTableFromTextFileV2", "model", f"{path}{at}") for at in range(n))


def _one_list_of_many(n: int) -> Model:
    packed = node("packed", "Pack", *["path"] * n)
    return _model((packed, *(node(f"x{at}", "MergeV2Checkpoints", "packed", "path") for at in range(n))))


def _chain(n: int) -> Model:
    """Each takes the path from the one before."""
    chained = (same(f"i{at}", f"i{at - 1}" if at else "path") for at in range(n))
    return _model((*chained, *(node(f"x{at}", "RestoreV2", f"i{at}", "path", "path") for at in range(n))))


def _calls_in_a_row(n: int) -> Model:
    """Each function hands its argument on to the next, and the last fills a table."""
    functions = [
        function(f"__f{at}", {"path": STRING}, call("c", f"__f{at + 1}", "path"), call("d", f"__f{at + 1}", "path"))
        for at in range(n)
    ]
    last = function(f"__f{n}", {"path": STRING}, node("t", "InitializeTableFromTextFileV2", "path", "path"))
    return _model((), (*functions, last))


def _calls_of_one(n: int) -> Model:
    """Everybody calls a function with as many arguments as there are calls."""
    few = range(int(n**0.5))
    arguments = {f"a{at}": STRING for at in few}
    filling = (node(f"t{at}", "InitializeTableFromTextFileV2", "a0", f"a{at}") for at in few)
    calling = (call(f"x{at}", "__f", *["path"] * len(few)) for at in few)
    return _model(calling, (function("__f", arguments, *filling),))


GRAPHS: dict[str, tuple[int, Callable[[int], Model]]] = {
    "readers_of_one_variable": (2_000, _readers_of_one_variable),
    "one_list_of_many": (4_000, _one_list_of_many),
    "chain_of_identities": (4_000, _chain),
    "calls_in_a_row": (2_000, _calls_in_a_row),
    "calls_of_one": (40_000, _calls_of_one),
}
"""By their size."""


def writing(make: Callable[[int], Model]) -> Callable[[Path, int], None]:
    return lambda path, n: make(n).write(path)
