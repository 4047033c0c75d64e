"""The object graph of a TensorFlow checkpoint: which objects were saved, where their values are, and whose they are."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from exporter.keras2.lookup_layers import is_lookup
from interchange.errors import Problem
from translation import training_state
from translation.config_tree import is_model
from translation.keras2_to_2_15.archive_paths import counted_layers

_GRAPH, _VALUE = "_CHECKPOINTABLE_OBJECT_GRAPH", "VARIABLE_VALUE"
ENDING = f"/.ATTRIBUTES/{_VALUE}"
"""The end of the name of every variable's value."""

# `layer_with_weights-0` is another layer in the file if there are lookups: there a vocabulary counts as a weight.
_COUNTED = re.compile(r"layer(_with_weights)?-\d+")


@dataclass(frozen=True)
class SlotVariable:
    """What an optimizer keeps as slot `name` for a weight: both are nodes."""

    name: str
    weight: int
    node: int


class ObjectGraph:
    """The checkpoint with this prefix. Objects are nodes, known by their numbers; the root is 0."""

    def __init__(self, prefix: Path) -> None:
        import tensorflow as tf

        self._prefix, self._reader = str(prefix), tf.train.load_checkpoint(str(prefix))
        self.shapes, self._dtypes = self._reader.get_variable_to_shape_map(), self._reader.get_variable_to_dtype_map()

    @cached_property
    def _nodes(self) -> Any:
        """The objects; a checkpoint of TensorFlow 1 has none, which raises an `OpError`."""
        from tensorflow.core.protobuf.trackable_object_graph_pb2 import TrackableObjectGraph

        return TrackableObjectGraph.FromString(self._reader.get_tensor(_GRAPH)).nodes

    def children(self, node: int) -> Mapping[str, int]:
        """The nodes of an object's attributes by name."""
        return {child.local_name: child.node_id for child in self._nodes[node].children}

    def name(self, node: int) -> str | None:
        """The name under which the value of a variable is stored; None if the node has no stored value."""
        names = (value.checkpoint_key for value in self._nodes[node].attributes if value.name == _VALUE)
        return next((name for name in names if name in self.shapes), None)

    def names(self, nodes: Sequence[int]) -> list[str]:
        """The names under which the values of the variables among these nodes are stored."""
        return [name for node in nodes if (name := self.name(node)) is not None]

    def slots(self, node: int) -> list[SlotVariable]:
        """What an optimizer of before Keras 2.11 keeps for each weight."""
        return [
            SlotVariable(slot.slot_name, slot.original_variable_node_id, slot.slot_variable_node_id)
            for slot in self._nodes[node].slot_variables
        ]

    @cached_property
    def _full_names(self) -> Mapping[str, str]:
        values = [value for node in self._nodes for value in node.attributes if value.name == _VALUE]
        return {value.checkpoint_key: value.full_name for value in values if value.full_name}

    def full_names(self, name: str) -> list[str]:
        """The name that the variable of a stored value had in its program, as `dense/kernel`, if there is one."""
        return [self._full_names[name]] if name in self._full_names else []

    def reachable(self, nodes: Sequence[int]) -> list[int]:
        """These nodes and all that can be reached from them."""
        reached = dict.fromkeys(nodes)
        waiting = list(reached)
        while waiting:
            new = [child for child in self.children(waiting.pop()).values() if child not in reached]
            reached |= dict.fromkeys(new)
            waiting += new
        return list(reached)

    @cached_property
    def stored(self) -> list[str]:
        """The names of all variables, also those of no object, but without those of training."""
        owned = set(self.names(range(len(self._nodes))))
        loose = (
            name for name in sorted(self.shapes) if name.endswith(ENDING) and f"/{training_state.SLOT}/" not in name
        )
        return [*self.names(self._not_of_training()), *(name for name in loose if name not in owned)]

    def _not_of_training(self) -> list[int]:
        """Objects of training are known by the attribute that leads to them, or as optimizers or random generators."""
        objects = [self.children(node) for node in self.reachable([0])]
        roots = [child for children in objects for name, child in children.items() if name in training_state.CHECKPOINT]
        counts = [self.children(children["keras_api"]) for children in objects if "keras_api" in children]
        roots += [child for children in counts for name, child in children.items() if name in training_state.KERAS_API]
        roots += [
            child
            for children in objects
            for child in children.values()
            if training_state.OWNERS & set(self.children(child))
        ]
        training = set(self.reachable(roots))
        return [node for node in self.reachable([0]) if node not in training]

    def misfit(self, variable: Any, name: str) -> Problem | None:
        """Why a variable cannot have the value of that name, if it cannot."""
        shape, dtype = tuple(self.shapes[name]), self._dtypes[name]
        if variable.shape.is_compatible_with(shape) and variable.dtype.base_dtype == dtype:
            return None
        wanted = f"{variable.dtype.base_dtype.name} of shape {tuple(variable.shape)}"
        return Problem(name, "weights", f"{variable.name} is {wanted}, stored is {dtype.name} of shape {shape}")

    def tensor(self, name: str) -> Any:
        """The stored array of that name."""
        return self._reader.get_tensor(name)

    def tensors(self, names: list[str]) -> list[Any]:
        """The stored tensors of these names, read at once."""
        import tensorflow as tf

        if not names:
            return []
        dtypes = [self._dtypes[name] for name in names]
        wanted = {"tensor_names": names, "shape_and_slices": [""] * len(names), "dtypes": dtypes}
        return list(tf.raw_ops.RestoreV2(prefix=self._prefix, **wanted))


WAYS = COUNTED, NAMED = ("counted", "named")
LISTED = "listed"
"""How a checkpoint holds a model: its layers as Keras counts them, or each by its name; or its weights in a list."""


@dataclass(frozen=True)
class Start:
    """Where in a checkpoint a model lies: `path` is that of attributes, joined by slashes."""

    path: str = ""
    way: str = COUNTED


@dataclass
class Walk:
    """A walk through a model and the objects of a checkpoint together.

    `pairs` are variables with the names of their values; `in_config` are names whose values the config has as well.
    """

    graph: ObjectGraph
    pairs: list[tuple[Any, str]] = field(default_factory=list)
    in_config: list[str] = field(default_factory=list)
    _seen: set[tuple[int, int]] = field(default_factory=set)

    def begin(self, start: Start, model: Any, architecture: Any) -> None:
        """Walk through the model from where it lies; without pairs if there is no such place."""
        node: int | None = 0
        for name in filter(None, start.path.split("/")):
            node = None if node is None else self.graph.children(node).get(name)
        if node is None:
            return
        if start.way == COUNTED:
            self.go(node, model, architecture)
            return
        held = [(layer.name, layer) for layer in model.layers]
        if start.way == LISTED:
            held = [(str(number), variable) for number, variable in enumerate(model.weights)]
        for name, item in held:
            if (child := self.graph.children(node).get(name)) is not None:
                self.go(child, item, None)

    def go(self, node: int, item: Any, entry: Any) -> None:
        """One layer or variable and all below it: `node` in the checkpoint, `entry` in the architecture."""
        import tensorflow as tf

        if (node, id(item)) in self._seen:
            return
        self._seen.add((node, id(item)))
        if isinstance(item, tf.Variable):
            self.pairs += [(item, name) for name in self.graph.names([node])]
            return
        if is_lookup(item):
            self.in_config += self.graph.names(self.graph.reachable([node]))
        for name, child, inner in _children(item, entry):
            if (child_node := self.graph.children(node).get(name)) is not None:
                self.go(child_node, child, inner)


def _children(item: Any, entry: Any) -> Iterator[tuple[str, Any, Any]]:
    """What an object holds, by the name in a checkpoint, with its entry in the architecture."""
    config = entry.get("config") if isinstance(entry, Mapping) else None
    for number, (layer, inner) in enumerate(_layers(item, entry)):
        yield f"layer-{number}", layer, inner
    for name, child in item._trackable_children().items():
        if not _COUNTED.fullmatch(name):
            yield name, child, config.get(name) if isinstance(config, Mapping) else None


def _layers(model: Any, entry: Any) -> list[tuple[Any, Any]]:
    """The layers of a model that counts them, in the order in which it was saved if an entry has that."""
    if not hasattr(model, "_layer_checkpoint_dependencies"):
        return []
    if not is_model(entry):
        return [(layer, None) for layer in model.layers]
    layers = {layer.name: layer for layer in model.layers}
    return [(layers[inner["config"]["name"]], inner) for inner in counted_layers(entry)]
