"""How many further samples a model can take for little time and memory, by what its layers have to compute."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from exporter.describe.description import is_model
from exporter.probes.further import VARIETIES
from exporter.probes.input_facts import InputFacts

# How many samples there are at most, and how many of a model with a large vocabulary.
_MOST, _MOST_OF_IDS = 256, 1024
# How many products of numbers, numbers given by layers, and numbers in inputs and outputs one call may come to.
_PRODUCTS, _GIVEN, _STORED = 2e8, 2**22, 2**18
# The same for the fewest samples that are asked at all.
_FEWEST_PRODUCTS, _FEWEST_STORED = 2e9, 2**21
# How many samples a model gets of whose layers nothing is known.
_UNKNOWN = 32


@dataclass(frozen=True)
class Cost:
    """What one sample costs: how many numbers are multiplied, how many the layers give, how many are stored."""

    products: float
    given: float
    stored: float


def count(model: Any, facts: Sequence[InputFacts], free: int) -> int:
    """The number of further samples, a multiple of the number of varieties; 0 if the model is too expensive."""
    cost = _cost(model, facts, free)
    sizes = [len(fact.words) or (fact.whole_numbers or (0, 0))[1] for fact in facts]
    most = min(_MOST_OF_IDS, max(_MOST, *sizes)) if getattr(model, "layers", None) else _UNKNOWN
    limits = _PRODUCTS / cost.products, _GIVEN / cost.given, _STORED / cost.stored
    found = int(min(most, *limits)) // VARIETIES * VARIETIES
    if found:
        return found
    is_bearable = VARIETIES * cost.products <= _FEWEST_PRODUCTS and VARIETIES * cost.stored <= _FEWEST_STORED
    return VARIETIES if is_bearable else 0


def _cost(model: Any, facts: Sequence[InputFacts], free: int) -> Cost:
    stored = sum(_size(fact.shape[1:], free) for fact in facts) + 1
    products, given = float(stored), float(stored)
    for layer in _leaves(model):
        shapes = list(_shapes(layer))
        outputs = sum(_size(shape[1:], free) for shape in shapes)
        weights = sum(weight.shape.num_elements() or 0 for weight in layer.weights)
        is_table = type(layer).__name__ == "Embedding"
        positions = max((_size(shape[1:-1], free) for shape in shapes), default=stored)
        products += outputs if is_table else outputs + weights * positions
        given += outputs
    return Cost(products, given, stored)


def _leaves(model: Any) -> Iterator[Any]:
    """The layers in the graph of a model and of those nested in it."""
    for layer in getattr(model, "layers", ()):
        if is_model(layer):
            yield from _leaves(layer)
        else:
            yield layer


def _shapes(layer: Any) -> Iterator[tuple[int | None, ...]]:
    """The shapes of what a layer takes and gives in all its calls."""
    import tensorflow as tf

    for node in layer._inbound_nodes:
        for tensor in tf.nest.flatten([node.input_tensors, node.outputs]):
            shape = getattr(tensor, "shape", None)
            if isinstance(shape, tf.TensorShape) and shape.rank:
                yield tuple(shape)


def _size(shape: Sequence[int | None], free: int) -> int:
    return math.prod(free if size is None else size for size in shape)
