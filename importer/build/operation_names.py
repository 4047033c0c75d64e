"""Name operations: unique within a model, the same in every run, and never like the model's own layers."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from translation.layer_names import free_name


def settle(outputs: Iterable[Any], layers: Iterable[Any]) -> None:
    """Rename the operations of a graph other than `layers`, which Keras names by a global counter."""
    own = {id(layer): layer for layer in layers}
    taken = {layer.name for layer in own.values()}
    for operation in operations(outputs):
        if id(operation) not in own:
            operation.name = free_name(_base(operation), taken)
            taken.add(operation.name)


def operations(outputs: Iterable[Any]) -> list[Any]:
    """Every operation that an output depends on, once, in an order that only depends on the graph."""
    ordered: dict[int, Any] = {}
    opened: set[int] = set()
    waiting = [(tensor, False) for tensor in reversed(list(outputs))]
    while waiting:
        tensor, finished = waiting.pop()
        operation, node_index, _ = tensor._keras_history
        node = operation._inbound_nodes[node_index]
        if finished:
            ordered.setdefault(id(operation), operation)
        elif id(node) not in opened:
            opened.add(id(node))
            waiting.append((tensor, True))
            waiting.extend((source, False) for source in reversed(node.input_tensors))
    return list(ordered.values())


def _base(operation: Any) -> str:
    """The name of an operation without a number: that of a layer, or the class of an op."""
    import keras

    if isinstance(operation, keras.layers.Layer):
        return str(operation.name)
    return type(operation).__name__.lower()
