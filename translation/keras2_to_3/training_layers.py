"""Losses and metrics that are layers of a graph act in training alone: left out, with all that only they have taken."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from translation.keras2_to_3.graph import references
from translation.keras2_to_3.spec import Call, Graph, Spec, TensorRef

ENDS = frozenset({"AddLoss", "AddMetric"})
"""Classes that tell the model what they are given, and return it."""
PASSING = frozenset({"AddLoss"})
"""Those of them that return it as it is; the other casts it, as every layer does, and stays where that is needed."""
END = "left out: Keras 3's graphs end in outputs only, and inference does not use it; to train the model, add it again"
FEEDER = "left out with all that it holds: only losses or metrics used its output"

Calls = Mapping[str, tuple[Call, ...]]


@dataclass(frozen=True)
class Pruned:
    """The calls that inference makes, by layer, and the outputs; `dropped` are the layers that it does not call."""

    calls: Calls
    outputs: Any
    dropped: frozenset[str] = frozenset()


def pruned(calls: Calls, outputs: Any, ends: frozenset[str], passing: frozenset[str]) -> Pruned:
    """The graph without the layers in `passing`, and without every call that nothing needs but those in `ends`.

    Calls are counted anew where one of several is gone. A graph without such layers stays as it is, whatever else may
    be wrong with it.
    """
    if not ends:
        return Pruned(calls, outputs)
    past = _Past(calls, passing)
    outputs = past.structure(outputs)
    kept = {name: [past.call(call) for call in own] for name, own in calls.items() if name not in passing}
    needed = _needed(kept, outputs)
    new = _Renumbered({name: sorted(index for layer, index in needed if layer == name) for name in kept})
    left = {name: tuple(new.call(kept[name][index]) for index in new.order[name]) for name in kept}
    dropped = {name for name, own in left.items() if kept[name] and not own}
    return Pruned(
        {name: own for name, own in left.items() if name not in dropped},
        new.structure(outputs),
        frozenset(dropped) | passing,
    )


def left_out(item: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The paths of all layers that were left out of a graph, at any depth, as restoring counts them."""
    if isinstance(item, Graph):
        yield from ((*path, name) for name in sorted(item.dropped))
        for layer in item.layers:
            yield from left_out(layer.item, (*path, layer.name))
    elif isinstance(item, Spec):
        for key, value in item.config.items():
            yield from left_out(value, (*path, key))


class _Mapped:
    """Calls with another reference in the place of each."""

    def reference(self, ref: TensorRef) -> TensorRef:
        raise NotImplementedError

    def structure(self, value: Any) -> Any:
        if isinstance(value, TensorRef):
            return self.reference(value)
        if isinstance(value, Mapping):
            return {key: self.structure(item) for key, item in value.items()}
        return [self.structure(item) for item in value] if isinstance(value, (list, tuple)) else value

    def call(self, call: Call) -> Call:
        return Call(self.structure(call.inputs), self.structure(call.kwargs))


class _Past(_Mapped):
    """What a layer in `passing` returns is what it was given."""

    def __init__(self, calls: Calls, passing: frozenset[str]) -> None:
        self._calls, self._passing = calls, passing

    def reference(self, ref: TensorRef) -> TensorRef:
        seen: set[TensorRef] = set()
        while ref.layer in self._passing and ref not in seen:
            seen.add(ref)
            given = [tensor for call in self._calls[ref.layer][ref.node : ref.node + 1] for tensor in _given(call)]
            ref = given[ref.tensor] if ref.tensor < len(given) else ref
        return ref


class _Renumbered(_Mapped):
    """The calls of a layer counted without those that are gone; `order` has what is left of each."""

    def __init__(self, order: Mapping[str, list[int]]) -> None:
        self.order = order

    def reference(self, ref: TensorRef) -> TensorRef:
        own = self.order.get(ref.layer, [])
        return TensorRef(ref.layer, own.index(ref.node), ref.tensor) if ref.node in own else ref


def _given(call: Call) -> list[TensorRef]:
    return list(references(call.inputs))


def _needed(calls: Mapping[str, list[Call]], outputs: Any) -> set[tuple[str, int]]:
    """The calls that lead to the outputs."""
    needed: set[tuple[str, int]] = set()
    waiting = [*references(outputs)]
    while waiting:
        ref = waiting.pop()
        key = (ref.layer, ref.node)
        if key not in needed and 0 <= ref.node < len(calls.get(ref.layer, ())):
            needed.add(key)
            call = calls[ref.layer][ref.node]
            waiting += references([call.inputs, dict(call.kwargs)])
    return needed
