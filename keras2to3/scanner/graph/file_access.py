"""Allow operators on files only where loading or saving the model reaches them, and nothing else does.

One that reads or writes a checkpoint is what `saver_def` names, or runs before that, takes the path that the loader
gives, and is reached from nothing else. One that fills a table reads an asset, whose path the loader gives too, and no
answer depends on it.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from interchange.errors import Problem
from keras2to3.scanner.allowlist.graph import CHECKPOINT_OPERATORS, READERS, TABLE_OPERATORS
from keras2to3.scanner.graph.data_flow import DataFlow, names_of
from keras2to3.scanner.location import REBUILD_GRAPH
from keras2to3.scanner.policies import Policy
from keras2to3.scanner.readers.graphdef import Function, GraphDef, Node
from keras2to3.scanner.readers.json_document import short
from keras2to3.scanner.readers.metagraph import MetaGraph

_CALLS = frozenset({"PartitionedCall", "StatefulPartitionedCall"})
# What a Saver of TensorFlow 1 writes if no path is given.
_PLAIN = re.compile(rb"[A-Za-z0-9_.-]*[A-Za-z0-9_-][A-Za-z0-9_.-]*")

_DECIDES = "it reads or writes a file whose path the graph itself decides"
_RUNS = "it reads or writes a checkpoint whenever the model is called or loaded, not only when it is saved"
_RESTORES = "it writes a checkpoint where one is only read"
_ANSWERS = "it reads a file whenever the model is called"


@dataclass
class FileAccessCheck:
    """The graph as a whole, and what reaches what in it.

    `tables` maps each function to those of its arguments that are, somewhere below it, the path of a file that fills a
    table.
    """

    graph: GraphDef
    meta: MetaGraph
    tables: dict[str, set[int]] = field(default_factory=dict)

    def problems(self) -> Iterator[Problem]:
        """Every operator on files that something else reaches, or that gets another path."""
        yield from self._table_problems()
        yield from self._checkpoint_problems()

    @cached_property
    def _flows(self) -> Sequence[DataFlow]:
        return [DataFlow(function) for function in self.graph.functions]

    @cached_property
    def _main(self) -> DataFlow:
        return self._flows[0]

    @cached_property
    def _functions(self) -> Mapping[str, DataFlow]:
        return {flow.function.name: flow for flow in self._flows[1:]}

    @cached_property
    def _sites(self) -> Mapping[str, Sequence[tuple[DataFlow, Node]]]:
        """By function, the nodes that name it."""
        sites = defaultdict(list)
        for flow in self._flows:
            for node in flow.function.nodes:
                for name in {node.operator, *node.functions} & self._functions.keys():
                    sites[name].append((flow, node))
        return sites

    # Tables

    def _table_problems(self) -> Iterator[Problem]:
        waiting: list[tuple[str, int]] = []
        for flow in self._flows:
            for node in flow.function.nodes:
                if node.operator in TABLE_OPERATORS:
                    yield from self._check_table_path(flow, node, TABLE_OPERATORS[node.operator], _DECIDES, waiting)
        while waiting:
            name, index = waiting.pop()
            for flow, node in self._sites.get(name, ()):
                text = f"it gives {short(name)} the path of a file"
                if not _is_plain_call(node, name):
                    yield _violation_at(flow, node, f"it calls {short(name)}, which reads or writes files")
                else:
                    yield from self._check_table_path(flow, node, index, text, waiting)
        yield from self._captured_path_problems(self.tables)

    def _check_table_path(
        self, flow: DataFlow, node: Node, index: int, text: str, waiting: list[tuple[str, int]]
    ) -> Iterator[Problem]:
        """The path of a file that an input is: an argument of the function, or an asset in the main graph."""
        name = flow.unchanged_source(node, index)
        if flow.function.is_main:
            if name is None or flow.stored_value(name, self._uses) not in self._assets:
                yield _violation_at(flow, node, text)
            elif node.name in self._run_without_asset_path:
                yield _violation_at(flow, node, _ANSWERS)
        elif name is None or name not in flow.arguments or name in flow.nodes:
            yield _violation_at(flow, node, text)
        else:
            arguments = self.tables.setdefault(flow.function.name, set())
            if flow.arguments[name] not in arguments:
                arguments.add(flow.arguments[name])
                waiting.append((flow.function.name, flow.arguments[name]))

    def _captured_path_problems(self, tables: Mapping[str, Iterable[int]]) -> Iterator[Problem]:
        """Paths of files that the model's objects pass to a function: only assets are safe, not constants."""
        captures = dict(self.meta.captures)
        for name, indices in tables.items():
            flow = self._functions[name]
            captured, first = captures.get(name, ()), len(flow.arguments) - len(captures.get(name, ()))
            if name in self.meta.named and any(index < first or not captured[index - first] for index in indices):
                text = "the model itself gives it the path of a file"
                yield _violation(short(name), "function", text)
            yield from self._hidden_call_problems(flow.function)

    def _hidden_call_problems(self, function: Function) -> Iterator[Problem]:
        """Whether TensorFlow calls a function that no node names: for a gradient, or in place of another function."""
        if function.name in self.graph.gradients or function.replaces:
            text = "it reads or writes files, and is called for a gradient or in place of another function"
            yield _violation(short(function.name), "function", text)

    @cached_property
    def _uses(self) -> Counter[str]:
        """How many variables go by each name."""
        nodes = (node for function in self.graph.functions for node in function.nodes)
        return Counter(name for node in nodes if node.operator == "VarHandleOp" for name in names_of(node))

    @cached_property
    def _assets(self) -> frozenset[str]:
        """The nodes that are the path of an asset and have no other use."""
        return frozenset(name for name in self.meta.fed if self._is_given(name))

    @cached_property
    def _run_without_asset_path(self) -> frozenset[str]:
        """The nodes that run without the path of an asset: for an answer, or to read or write a checkpoint."""
        return self._main.ancestors([*self.meta.called, self.meta.save, self.meta.restore])

    # Checkpoints

    def _checkpoint_problems(self) -> Iterator[Problem]:
        for node in self._main.function.nodes:
            if node.operator in CHECKPOINT_OPERATORS:
                yield from self._check_main_node(node, {node.operator}, CHECKPOINT_OPERATORS[node.operator])
        for flow in self._flows[1:]:
            used = [node for node in flow.function.nodes if node.operator in CHECKPOINT_OPERATORS]
            if used:
                yield from self._check_function(flow, used)

    def _check_function(self, flow: DataFlow, used: Sequence[Node]) -> Iterator[Problem]:
        """A function on checkpoints gets its path as an argument, and only saving or loading calls it."""
        name, paths = flow.function.name, set()
        for node in used:
            for index in CHECKPOINT_OPERATORS[node.operator]:
                sources = flow.path_sources(node, index)
                if sources - flow.arguments.keys() or flow.nodes.keys() & sources or not sources:
                    yield _violation_at(flow, node, _DECIDES)
                    return
                paths |= {flow.arguments[each] for each in sources if each is not None}
        if name in self.meta.named:
            yield _violation(short(name), "function", "an object of the model calls it, and it is on files")
        yield from self._hidden_call_problems(flow.function)
        operators = {node.operator for node in used}
        for calling, node in self._sites.get(name, ()):
            if not calling.function.is_main or not _is_plain_call(node, name):
                yield _violation_at(calling, node, f"it calls {short(name)}, which reads or writes files")
            else:
                text = f"it gives {short(name)} the path of a file"
                yield from self._check_main_node(node, operators, sorted(paths), text)

    def _check_main_node(
        self, node: Node, operators: Iterable[str], paths: Iterable[int], text: str = _DECIDES
    ) -> Iterator[Problem]:
        """A node of the main graph that reads or writes a checkpoint, by itself or by a function it calls."""
        sources = frozenset().union(*(self._main.path_sources(node, index) for index in paths))
        if node.name in self._running:
            yield _violation_at(self._main, node, _RUNS)
        elif node.name in self._restoring and not READERS.issuperset(operators):
            yield _violation_at(self._main, node, _RESTORES)
        elif node.name in self._saving or node.name in self._restoring:
            if sources != {self.meta.filename} or not self._is_given(self.meta.filename):
                yield _violation_at(self._main, node, text)
        elif not sources or not all(name is not None and self._is_left_over(name) for name in sources):
            yield _violation_at(self._main, node, text)

    @cached_property
    def _running(self) -> frozenset[str]:
        return self._main.ancestors([*self.meta.called, *self.meta.run])

    @cached_property
    def _saving(self) -> frozenset[str]:
        return self._main.ancestors([self.meta.save])

    @cached_property
    def _restoring(self) -> frozenset[str]:
        return self._main.ancestors([self.meta.restore])

    def _is_given(self, name: str) -> bool:
        """Whether a node has one output that can be fed: TensorFlow 1 fed paths to constants."""
        node = self._main.nodes.get(name)
        return node is not None and node.operator in ("Placeholder", "PlaceholderWithDefault", "Const")

    def _is_left_over(self, name: str) -> bool:
        """Whether a path belongs to a Saver that is never run, left from training."""
        node = self._main.nodes.get(name)
        if node is None or node.operator not in ("Placeholder", "PlaceholderWithDefault"):
            return False
        default = self._main.unchanged_source(node, 0)
        for _ in range(2):  # a Saver hands its default on by a second placeholder
            source = self._main.nodes.get(default) if default is not None else None
            if source is None or source.operator == "Const":
                return node.operator == "Placeholder" or (source is not None and _is_plain_text(source.content))
            if source.operator != "PlaceholderWithDefault":
                return False
            default = self._main.unchanged_source(source, 0)
        return False


def _is_plain_call(node: Node, name: str) -> bool:
    """Whether a node only calls a function, so that its inputs are the arguments."""
    by_attribute = node.operator in _CALLS and node.calls == (name,)
    return (by_attribute or node.operator == name) and {name}.issuperset(node.functions)


def _is_plain_text(content: bytes | None) -> bool:
    return content is not None and _PLAIN.fullmatch(content) is not None and b".." not in content


def _violation_at(flow: DataFlow, node: Node, text: str) -> Problem:
    place = short(f"{flow.function.name}/{node.name}".lstrip("/"))
    return _violation(place, short(node.operator), text)


def _violation(place: str, shown: str, text: str) -> Problem:
    return Policy.OPERATORS.violation(place, shown, text, instead=REBUILD_GRAPH)
