"""What the layers of a model say about its inputs: shapes, dtypes, vocabularies and mask values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from exporter.describe import narrow_dtypes
from exporter.describe.description import is_model
from exporter.keras2 import lookup_layers
from exporter.probes import sparse_ragged

# The range of whole numbers about which nothing is known; its end is exclusive, as in all ranges here.
SPAN = (0, 10)
_SHOWN = 8  # bytes of a string in a message

# Layers whose outputs are other values than their inputs.
_REPLACING = frozenset({
    "CategoryEncoding", "Discretization", "HashedCrossing", "Hashing", "IntegerLookup", "StringLookup",
    "TextVectorization",
})  # fmt: skip


@dataclass(frozen=True)
class InputFacts:
    """What is known about one input: `ids` is the size of the smallest vocabulary it indexes.

    `padding` is the value that is masked, `values` are some words or numbers that lookup layers on this input know,
    `words` are all of them as far as there is room, and `kind` is dense, sparse or ragged. Whole numbers about which
    nothing else is known lie in `span`; with `whole` the input has whole numbers whatever its dtype. Other numbers lie
    in `between`, if that is known. `halves` says that the model computes in half precision. `marks` are numbers at
    which a layer begins to answer otherwise.
    """

    shape: tuple[int | None, ...]
    dtype: str
    ids: int | None = None
    padding: float | bytes | None = None
    values: tuple[Any, ...] = ()
    kind: str = "dense"
    span: tuple[int, int] = SPAN
    whole: bool = False
    between: tuple[float, float] | None = None
    halves: bool = False
    words: tuple[Any, ...] = ()
    marks: tuple[float, ...] = ()

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers that no lookup lists."""
        return not self.values and self.dtype not in ("bool", "string")

    @property
    def is_open(self) -> bool:
        """Whether only the dtype of its values is known."""
        return self.ids is None and not self.values and not self.whole and self.between is None

    @property
    def whole_numbers(self) -> tuple[int, int] | None:
        """The range of its values if they are whole numbers."""
        if self.ids is not None:
            return 0, self.ids
        is_integer = self.is_number and np.dtype(self.dtype).kind in "iu"
        return self.span if self.whole or is_integer else None

    def description(self) -> str:
        """Its values in a few words."""
        if self.values:
            return f"such as {_shown(self.values[0])}"
        if self.whole_numbers is not None:
            low, high = self.whole_numbers
            return f"whole numbers from {low} to {high - 1}"
        if self.between is not None:
            return "numbers from {:g} to {:g}".format(*self.between)
        return {"bool": "truth values", "string": "words"}.get(self.dtype, "numbers around zero")


def _shown(value: Any) -> str:
    return repr(value[:_SHOWN]) if isinstance(value, bytes) else repr(value)


def input_facts(model: Any) -> list[InputFacts]:
    """Read shapes, dtypes, vocabularies and mask values from a Keras 2.15 model."""
    facts, in_halves = [], narrow_dtypes.has_halves(model)
    for tensor in model.inputs:
        consumers = list(_consumers(model, tensor))
        inside = [layer for outer in consumers for layer in _inside(outer)]
        ids = _ids(consumers, inside, tensor.dtype)
        pads = [padding for layer in [*consumers, *inside] for padding in _padding(layer)]
        seen, dtype = [*consumers, *inside], tensor.dtype.name
        facts.append(
            InputFacts(
                tuple(tensor.shape),
                dtype,
                ids,
                pads[0] if pads else None,
                _acceptable(seen, dtype, ids, lookup_layers.samples),
                sparse_ragged.kind(tensor),
                halves=in_halves,
                words=_acceptable(seen, dtype, ids, lookup_layers.words),
                marks=tuple(dict.fromkeys(mark for layer in seen for mark in lookup_layers.marks(layer))),
            )
        )
    return facts


def _ids(consumers: Sequence[Any], inside: Sequence[Any], dtype: Any) -> int | None:
    """The size of the smallest vocabulary that an input indexes.

    It is unknown which layers `inside` a custom class see the input: whole numbers may index the largest vocabulary of
    them, and other numbers may be pixels beside a table of positions.
    """
    ids = min((count for layer in consumers for count in _vocabulary(layer)), default=None)
    if ids is None and dtype.is_integer:
        ids = max((count for layer in inside for count in _vocabulary(layer)), default=None)
    return ids


def _inside(layer: Any) -> list[Any]:
    """The layers that a custom class is made of."""
    is_own = type(layer).__module__.partition(".")[0] not in ("keras", "exporter")
    return list(layer._flatten_layers(include_self=False)) if is_own else []


def _acceptable(
    consumers: Sequence[Any], dtype: str, ids: int | None, known: Callable[[Any], tuple[Any, ...]]
) -> tuple[Any, ...]:
    """The values that are `known` to the lookup layers among the consumers, and that the dtype and `ids` allow."""
    strict = [known(layer) for layer in consumers if lookup_layers.is_strict(layer)]
    found = strict[0] if strict else tuple(value for layer in consumers for value in known(layer))
    found = tuple(value for value in found if isinstance(value, bytes) == (dtype == "string"))
    if np.dtype("S" if dtype == "string" else dtype).kind not in "iu":
        return found
    limits = np.iinfo(dtype)
    low, high = (limits.min, limits.max) if ids is None else (0, ids - 1)
    return tuple(value for value in found if low <= value <= high)


def _vocabulary(layer: Any) -> Iterator[int]:
    """The number of ids that a layer accepts."""
    if type(layer).__name__ == "Embedding":
        yield layer.input_dim
    elif type(layer).__name__ == "CategoryEncoding":
        yield layer.num_tokens


def _padding(layer: Any) -> Iterator[float | bytes]:
    yield from lookup_layers.masked(layer)
    if type(layer).__name__ == "Masking":
        yield float(layer.mask_value)
    elif getattr(layer, "mask_zero", False):
        yield 0.0


def _consumers(model: Any, tensor: Any) -> Iterator[Any]:
    """Layers whose inputs are the values of an input, unchanged or rearranged, also in nested models."""
    seen: set[int] = set()
    waiting = [tensor]
    while waiting:
        current = waiting.pop()
        if id(current) in seen:
            continue
        seen.add(id(current))
        for layer, node in _calls_on(model, current):
            yield from _unwrapped(layer)
            if is_model(layer):
                waiting.extend(_inner_inputs(layer, node, current))
            elif not layer.weights and type(layer).__name__ not in _REPLACING:
                waiting.extend(_flat(node.outputs))


def _calls_on(model: Any, tensor: Any) -> Iterator[tuple[Any, Any]]:
    for layer in model._flatten_layers(include_self=True):
        for node in layer._inbound_nodes:
            if any(value is tensor for value in node.keras_inputs) and not node.is_input:
                yield layer, node


def _inner_inputs(inner: Any, node: Any, tensor: Any) -> list[Any]:
    outer = _flat(node.keras_inputs)
    own = _flat(inner.inputs or [])
    return [own[index] for index, value in enumerate(outer) if value is tensor and index < len(own)]


def _unwrapped(layer: Any) -> Iterator[Any]:
    """A layer and the layer that it wraps; for a wrapped model the consumers of its inputs."""
    yield layer
    inner: Any = getattr(layer, "layer", None)
    if is_model(inner):
        for tensor in inner.inputs or []:
            yield from _consumers(inner, tensor)
    elif inner is not None:
        yield from _unwrapped(inner)


def _flat(structure: Any) -> list[Any]:
    import tensorflow as tf

    flat: list[Any] = tf.nest.flatten(structure)
    return flat
