"""What the page of a report shows beyond the report: pictures of both models, pairs of outputs, layers and weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Optional

from interchange.messages.limits import DType, Length, Name, Shape, Signed, Text
from interchange.messages.message import Message

MOST_NODES = 5_000
"""Layers in a picture; a larger model has none."""

MOST_EDGES = 20_000
"""Connections in a picture."""

MOST_PAIRS = 1_000
"""Pairs of numbers of one output."""

MOST_OUTPUTS = 100
"""Outputs of which pairs of numbers are told."""

MOST_ROWS = 5_000
"""Rows of a table of layers or weights; more are left out."""

DECADES = 9
"""Bins of a histogram: up to 1e-6 of the tolerance, then a bin for each factor of ten, and beyond 10 times of it."""


@dataclass(frozen=True)
class Node(Message):
    """A layer of a model, by its `path`: the names of the models around it and its own, with `/` between.

    `shape` is that of its output, with None for a free size, and empty where it is not known. `parameters` counts the
    numbers in its weights, with those of all layers inside. `rules` are what changed it, as the lines in `changes` name
    them. `partner` is the path of the layer in the other model that it corresponds to.
    """

    path: Name
    class_name: Name
    shape: Text
    parameters: int
    rules: Annotated[tuple[Name, ...], Length(100)]
    partner: Optional[Name]


@dataclass(frozen=True)
class Edge(Message):
    """The output of the layer `source` is an input of the layer `target`; both are paths of nodes."""

    source: Name
    target: Name


@dataclass(frozen=True)
class Picture(Message):
    """The layers of a model in their order, a nested model before its layers, and how they are connected."""

    nodes: Annotated[tuple[Node, ...], Length(MOST_NODES)]
    edges: Annotated[tuple[Edge, ...], Length(MOST_EDGES)]


@dataclass(frozen=True)
class OutputPairs(Message):
    """Numbers of an output at the same places, as the source gave them (`before`) and the result (`after`).

    They are taken evenly from all probes that prove something; places where either is NaN or infinite are left out.
    `bins` counts all numbers of these probes by |difference| / tolerance: up to 1e-6, then by decades up to 10, and
    beyond.
    """

    name: Name
    before: Annotated[tuple[Signed, ...], Length(MOST_PAIRS)]
    after: Annotated[tuple[Signed, ...], Length(MOST_PAIRS)]
    bins: Annotated[tuple[int, ...], Length(DECADES, DECADES)]

    @property
    def adds_up(self) -> bool:
        """Whether every number has its partner."""
        return len(self.before) == len(self.after)


@dataclass(frozen=True)
class LayerDifference(Message):
    """How far the output of a layer is from that of Keras 2 on one probe, and how far it may be.

    All three are absolute. `size` is the largest value of Keras 2, and `max_abs` is None where the outputs cannot be
    compared, as those of another shape. `call` counts the calls of a layer that is called several times, from 0.
    """

    layer: Name
    class_name: Name
    max_abs: Optional[float]
    size: float
    tolerance: float
    equal: bool
    call: int = 0


@dataclass(frozen=True)
class WeightRow(Message):
    """A weight of the source: the `path` of its layer and its `name` there, and where it is in the result.

    `new_path` is empty for a weight that the result does not have. `recast` says how the values were changed, and is
    empty if they were not.
    """

    path: Name
    name: Name
    shape: Shape
    dtype: DType
    new_path: Name
    recast: Text


@dataclass(frozen=True)
class Details(Message):
    """What the page of a report shows beyond the report; what is not known is None or empty.

    `more_weights` is how many weights have no row, where there are more than `weights` may have. `no_layers` is why no
    layer was compared.
    """

    before: Optional[Picture] = None
    after: Optional[Picture] = None
    outputs: Annotated[tuple[OutputPairs, ...], Length(MOST_OUTPUTS)] = ()
    layers: Annotated[tuple[LayerDifference, ...], Length(MOST_ROWS)] = ()
    weights: Annotated[tuple[WeightRow, ...], Length(MOST_ROWS)] = ()
    more_weights: int = 0
    no_layers: Optional[Text] = None

    @property
    def adds_up(self) -> bool:
        """Whether every number of an output has its partner."""
        return all(row.adds_up for row in self.outputs)
