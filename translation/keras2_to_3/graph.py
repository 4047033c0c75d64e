"""Read the topology out of an architecture: calls, references between them, and what cannot be a graph."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from typing import Any

from interchange.errors import Problem, refused
from translation.keras2_to_3.spec import Call, Graph, Placed, TensorRef
from translation.user_models import MODELS

# Classes that stand for one call of a TensorFlow function, which `operator_layers` tells.
OPERATORS = frozenset({"TFOpLambda", "SlicingOpLambda", "TensorFlowOpLayer"})

_CONSTANT = "_CONSTANT_VALUE"
# A layer's name and which of its calls.
Key = tuple[str, int]


def is_model(entry: Mapping[str, Any]) -> bool:
    """True for the config of a nested model, which holds layers of its own."""
    return entry.get("class_name") in MODELS and "layers" in (entry.get("config") or {})


def parse_calls(
    entry: Mapping[str, Any], path: str, first_node: Callable[[str], int], *, loosely: bool = False
) -> tuple[Call, ...]:
    """The calls of one layer, from the `inbound_nodes` of Keras 2.15.

    `first_node` tells the index Keras 2 gives the first call of a layer: 1 for a model, which was called once
    when it was made, 0 for anything else. `loosely` leaves a call that cannot be to whoever needs its tensors: Keras 2
    counts those that only a loss has made wrongly when it loads a model.
    """
    parser = _CallParser(path, str(entry.get("class_name")), first_node, loosely)
    return tuple(parser.call(node) for node in entry.get("inbound_nodes") or ())


class _CallParser:
    """Keras 2.15 writes a tensor as [layer, node, index] or [layer, node, index, kwargs]."""

    def __init__(self, path: str, class_name: str, first_node: Callable[[str], int], loosely: bool = False) -> None:
        self._path = path
        self._loosely = loosely
        self._class_name = class_name
        self._first_node = first_node

    def call(self, node: Any) -> Call:
        kwargs: dict[str, Any] = {}
        inputs = self._structure(node, kwargs)
        # Keras 2 wraps a single tensor in a list, and unwraps it before the call; operators keep what they are given.
        if self._class_name not in OPERATORS and isinstance(inputs, list) and len(inputs) == 1:
            inputs = inputs[0] if not isinstance(inputs[0], (list, dict)) else inputs
        return Call(inputs, {key: self._structure(value, {}) for key, value in kwargs.items()})

    def _structure(self, value: Any, kwargs: dict[str, Any]) -> Any:
        if _is_tensor(value):
            kwargs.update(value[3] if len(value) == 4 else {})
            return self._reference(value)
        if isinstance(value, Mapping):
            return {key: self._structure(item, kwargs) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._structure(item, kwargs) for item in value]
        return value

    def _reference(self, value: list[Any]) -> Any:
        layer, node, tensor = value[:3]
        if layer == _CONSTANT:
            return tensor
        index = node - self._first_node(layer)
        if (index < 0 or tensor < 0) and not self._loosely:
            text = f"refers to call {node}, tensor {tensor} of {layer}, which cannot be"
            raise refused([Problem(self._path, self._class_name, text)], f"{self._path}: {text}")
        return TensorRef(layer, index, tensor)


def _is_tensor(value: Any) -> bool:
    return (
        isinstance(value, (list, tuple))
        and len(value) in (3, 4)
        and isinstance(value[0], str)
        and isinstance(value[1], int)
        and (isinstance(value[2], int) or value[0] == _CONSTANT)
        and (len(value) == 3 or isinstance(value[3], Mapping))
    )


def parse_ends(value: Any, first_node: Callable[[str], int]) -> Any:
    """`input_layers` or `output_layers`: a structure of `TensorRef`; a single tensor is not in a list."""
    call = _CallParser("", "Functional", first_node).call(value)
    return call.inputs


def called(config: Mapping[str, Any]) -> Mapping[str, set[int]]:
    """The numbers of the calls that a model's config speaks of, by the names of layers."""
    found: dict[str, set[int]] = {}
    waiting: list[Any] = [config.get("input_layers"), config.get("output_layers")]
    waiting += [layer.get("inbound_nodes") for layer in config["layers"]]
    while waiting:
        value = waiting.pop()
        if _is_tensor(value):
            found.setdefault(value[0], set()).add(value[1])
        if isinstance(value, (list, tuple, Mapping)):
            waiting += value.values() if isinstance(value, Mapping) else value
    return found


def made_as_graph(entry: Mapping[str, Any]) -> set[int]:
    """The numbers of the calls of a layer that is a model: the first number is that of its own graph."""
    return set(range(1, len(entry.get("inbound_nodes") or ()) + 1))


def references(structure: Any) -> Iterator[TensorRef]:
    """Every tensor named in a structure, in the order of its leaves."""
    if isinstance(structure, TensorRef):
        yield structure
    elif isinstance(structure, Mapping):
        for value in structure.values():
            yield from references(value)
    elif isinstance(structure, (list, tuple)):
        for value in structure:
            yield from references(value)


def filled(structure: Any, tensors: Mapping[TensorRef, Any]) -> Any:
    """A structure with tensors instead of every `TensorRef`."""
    if isinstance(structure, TensorRef):
        return tensors[structure]
    if isinstance(structure, Mapping):
        return {key: filled(value, tensors) for key, value in structure.items()}
    if isinstance(structure, (list, tuple)):
        return [filled(value, tensors) for value in structure]
    return structure


def call_order(graph: Graph) -> list[tuple[Placed, int]]:
    """All calls so that each comes after those it takes tensors from; a cycle or a dangling tensor is refused."""
    uncalled = [layer for layer in graph.layers if not layer.calls and class_name(layer) != "InputLayer"]
    if uncalled:
        problems = [Problem(layer.path, class_name(layer), "is never called") for layer in uncalled]
        raise refused(problems, str(problems[0]))
    by_name = {layer.name: layer for layer in graph.layers}
    calls = [(layer, index) for layer in graph.layers for index in range(len(layer.calls))]
    needs = [_needs(layer, index, by_name) for layer, index in calls]
    order = [calls[number] for number in _levels([(layer.name, index) for layer, index in calls], needs)]
    if len(order) < len(calls):
        stuck = [call for call, open_ in zip(calls, needs) if open_]
        raise refused([_stuck(item, by_name) for item in stuck], f"{graph.path}: the graph cannot be evaluated")
    return order


def _levels(keys: list[Key], needs: list[set[Key]]) -> Iterator[int]:
    """The numbers of the calls, first those that need nothing, then those that need nothing else, and so on.

    What a call needs is taken out of its set as soon as it is there.
    """
    users: dict[Key, list[int]] = {}
    for number, needed in enumerate(needs):
        for key in needed:
            users.setdefault(key, []).append(number)
    ready = [number for number, needed in enumerate(needs) if not needed]
    while ready:
        yield from ready
        freed = []
        for key in (keys[number] for number in ready):
            for user in users.get(key, ()):
                needs[user].discard(key)
                freed += [] if needs[user] else [user]
        ready = sorted(freed)


def _needs(layer: Placed, index: int, by_name: Mapping[str, Placed]) -> set[Key]:
    """The calls whose tensors a call takes."""
    call = layer.calls[index]
    refs = references([call.inputs, dict(call.kwargs)])
    needed = {(ref.layer, ref.node) for ref in refs if not _is_input(ref, by_name)}
    # A second call of one layer waits for the first: the order of calls is what node indices count.
    return needed | {(layer.name, index - 1)} if index else needed


def _is_input(ref: TensorRef, by_name: Mapping[str, Placed]) -> bool:
    return ref.node == 0 and ref.layer in by_name and not by_name[ref.layer].calls


def check_there(structure: Any, there: Container[TensorRef], path: str, class_name: str) -> None:
    """Refuse the layer at `path` if its call, or the model if an end, names a tensor that is not `there`."""
    missing = [ref for ref in references(structure) if ref not in there]
    if missing:
        names = ", ".join(f"{ref.layer}[{ref.node}], tensor {ref.tensor}" for ref in missing)
        problem = Problem(path, class_name, f"takes a tensor that is not there: {names}")
        raise refused([problem], str(problem))


def _stuck(item: tuple[Placed, int], by_name: Mapping[str, Placed]) -> Problem:
    layer, index = item
    call = layer.calls[index]
    refs = list(references([call.inputs, dict(call.kwargs)]))
    dangling = [ref for ref in refs if ref.layer not in by_name or ref.node >= max(1, len(by_name[ref.layer].calls))]
    names = ", ".join(f"{ref.layer}[{ref.node}]" for ref in dangling or refs)
    text = f"call {index} takes a tensor that is not there: {names}" if dangling else f"waits in a cycle for {names}"
    return Problem(layer.path, class_name(layer), text)


def class_name(layer: Placed) -> str:
    """What a layer is in messages: its class in Keras 3, or a nested model."""
    return "Functional" if isinstance(layer.item, Graph) else layer.item.class_name
