"""A model in terms of Keras 3, as plain data: `translate` returns it, and `rebuild` builds it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Spec:
    """One Keras 3 object to construct: `keras.<kind>.<class_name>(**config)`.

    Values of `config` are plain JSON or further specs and graphs. `decompositions` are those that keys of this object
    ask for, `call_decomposition` the one every call of this class goes through, or for an activation the one that
    builds it; `composed` names the one that builds what stands for a layer; see `importer/decompositions/`. `path`
    names the object in messages, from the outermost model; `variables` maps the old names of its variables to new ones,
    and `given` holds the kinds of tensors, `sparse` or `ragged`, that it is called on. Of the user's `own` are a
    `class` or a `function` that has this name instead. `old_dtype` is the dtype in Keras 2, where a rule changes it.
    """

    kind: str
    class_name: str
    config: Mapping[str, Any]
    path: str
    name: str | None = None
    trainable: bool = True
    dtype: str | None = None
    decompositions: tuple[str, ...] = ()
    call_decomposition: str | None = None
    composed: str | None = None
    variables: Mapping[str, str] = field(default_factory=dict)
    given: frozenset[str] = frozenset()
    own: str = ""
    old_dtype: str | None = None


@dataclass(frozen=True)
class TensorRef:
    """The `tensor`-th output of the `node`-th call of `layer` within the same graph, counted from 0."""

    layer: str
    node: int
    tensor: int


@dataclass(frozen=True)
class Call:
    """One call of a layer: `inputs` and `kwargs` are structures with a `TensorRef` for each tensor."""

    inputs: Any
    kwargs: Mapping[str, Any]


@dataclass(frozen=True)
class Placed:
    """A layer at its place in a graph: what it is, and how often it is called on what."""

    name: str
    path: str
    item: Spec | Graph
    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Graph:
    """A functional or sequential model: its layers, and structures of `TensorRef` for inputs and outputs.

    `dropped` are the layers by name that it had in Keras 2, and that act in training alone.
    """

    name: str
    path: str
    layers: tuple[Placed, ...]
    inputs: Any
    outputs: Any
    sequential: bool = False
    trainable: bool = True
    dropped: frozenset[str] = frozenset()
