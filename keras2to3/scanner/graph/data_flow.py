"""Where the values of a graph come from and what runs before a node: every question costs a few steps, or one walk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from keras2to3.scanner.readers.graphdef import Function, Node

_MAX_CHAIN = 16
_VARIABLE = frozenset({"VarHandleOp"})
# What may be done with a variable that keeps the path of an asset; anything else may set it.
_HARMLESS = frozenset({"ReadVariableOp", "VarIsInitializedOp", "AssignVariableOp"})
# What TensorFlow adds to the path that it is given for a checkpoint.
_SUFFIX = (b".part", b"_temp/part")
_UNIQUE = (b"_temp_", b"/part")


@dataclass(frozen=True)
class DataFlow:
    """The inputs and outputs between the nodes of the main graph or of a function."""

    function: Function

    @cached_property
    def nodes(self) -> Mapping[str, Node]:
        """The nodes by name."""
        return {node.name: node for node in self.function.nodes}

    @cached_property
    def arguments(self) -> Mapping[str, int]:
        """The arguments by name."""
        return {name: index for index, name in enumerate(self.function.arguments or ())}

    def ancestors(self, roots: Iterable[str]) -> frozenset[str]:
        """The names of all nodes that run before one of the roots does, and of the roots."""
        waiting = [name for name in roots if name in self.nodes]
        reached = set(waiting)
        while waiting:
            node = self.nodes[waiting.pop()]
            for name in (*node.inputs, *node.after):
                if name in self.nodes and name not in reached:
                    reached.add(name)
                    waiting.append(name)
        return frozenset(reached)

    def unchanged_source(self, node: Node, index: int) -> str | None:
        """The name of the argument or node whose unchanged value an input is; None if there is no such input."""
        if index >= len(node.inputs):
            return None
        name = node.inputs[index]
        for _ in range(_MAX_CHAIN):
            source = self.nodes.get(name)
            if source is None or source.operator != "Identity" or not source.inputs:
                return name
            name = source.inputs[0]
        return None

    def path_source(self, node: Node, index: int) -> str | None:
        """The name of what an input is, but for the endings that TensorFlow puts behind the path of a checkpoint."""
        name = self.unchanged_source(node, index)
        for _ in range(_MAX_CHAIN):
            source = self.nodes.get(name) if name is not None else None
            if source is None or source.operator not in ("StringJoin", "ShardedFilename"):
                return name
            if source.operator == "StringJoin" and not self._ends_plainly(source):
                return None
            name = self.unchanged_source(source, 0)
        return None

    def path_sources(self, node: Node, index: int) -> frozenset[str | None]:
        """The sources of one input, or of each item of a list, as `path_source` finds them."""
        name = self.unchanged_source(node, index)
        source = self.nodes.get(name) if name is not None else None
        if source is None or source.operator != "Pack":
            return frozenset({self.path_source(node, index)})
        if source.name not in self._packed:
            self._packed[source.name] = frozenset(self.path_source(source, at) for at in range(len(source.inputs)))
        return self._packed[source.name]

    @cached_property
    def _packed(self) -> dict[str, frozenset[str | None]]:
        return {}

    def _ends_plainly(self, join: Node) -> bool:
        if len(join.inputs) != 2 or join.separator:
            return False
        ending = self.nodes.get(self.unchanged_source(join, 1) or "")
        if ending is not None and ending.operator in ("Select", "SelectV2") and len(ending.inputs) == 3:
            return all(_is_suffix(self.nodes.get(self.unchanged_source(ending, at) or "")) for at in (1, 2))
        return _is_suffix(ending)

    @cached_property
    def _kept(self) -> Mapping[str, str | None]:
        """The one value that each variable is set to; None if it is set again or used otherwise than read."""
        handles = {node.name for node in self.function.nodes if node.operator in _VARIABLE}
        values: dict[str, str | None] = {}
        for node in self.function.nodes:
            for at, name in enumerate(node.inputs):
                if name not in handles:
                    continue
                if node.operator not in _HARMLESS or at > 0:
                    values[name] = None
                elif node.operator == "AssignVariableOp":
                    values[name] = None if name in values else self.unchanged_source(node, 1)
        return values

    def stored_value(self, name: str, uses: Counter[str]) -> str:
        """The value of a node that reads a variable which keeps one value; for any other the node itself.

        `uses` counts the names that variables go by in the whole model.
        """
        reading = self.nodes.get(name)
        if reading is None or reading.operator != "ReadVariableOp" or not reading.inputs:
            return name
        variable = self.nodes.get(reading.inputs[0])
        if variable is None or any(uses[shared] != 1 for shared in names_of(variable)):
            return name
        return self._kept.get(variable.name) or name


def names_of(variable: Node) -> tuple[str, ...]:
    """The names of a variable: nodes that use the same name share its value."""
    return tuple({variable.name, *filter(None, variable.shared)})


def _is_suffix(node: Node | None) -> bool:
    if node is None or node.operator != "Const" or node.content is None:
        return False
    content, (start, end) = node.content, _UNIQUE
    unique = content[len(start) : -len(end)]
    return content in _SUFFIX or (content == start + unique + end and len(unique) == 32 and unique.isalnum())
