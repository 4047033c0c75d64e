"""What an output of a model depends on: the graphs of Keras 2 and of Keras 3 are walked backwards alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any


def calls_behind(output: Any, taken: Callable[[Any], Sequence[Any]]) -> Iterator[tuple[Any, Any, int]]:
    """Every layer or operation that a symbolic tensor is reached from, with its node and which of its outputs it is.

    `taken` are the symbolic tensors that a node is called with; a nested model is one layer.
    """
    waiting, seen = [output], set()
    while waiting:
        operation, index, place = waiting.pop()._keras_history
        if (id(operation), index, place) not in seen:
            seen.add((id(operation), index, place))
            node = operation._inbound_nodes[index]
            waiting.extend(taken(node))
            yield operation, node, place
