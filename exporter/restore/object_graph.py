"""The object graph of a TensorFlow checkpoint: which objects were saved, and under which name each value is stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from interchange.errors import Problem

_GRAPH, _VALUE = "_CHECKPOINTABLE_OBJECT_GRAPH", "VARIABLE_VALUE"
ENDING = f"/.ATTRIBUTES/{_VALUE}"
"""The end of the name of every variable's value."""

_SLOT = "/.OPTIMIZER_SLOT/"
# Objects of training are recognised by the attribute that leads to them and by their own attributes: optimizers by
# their counters, random generators by their state.
_TRAINING = frozenset({"optimizer", "save_counter"})
_COUNTS = frozenset({"metrics", "layer_metrics", "states"})  # states of a stateful layer are those of the last call
_DRIVES = frozenset({"iter", "_iterations", "_state_var"})


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
        loose = (name for name in sorted(self.shapes) if name.endswith(ENDING) and _SLOT not in name)
        return [*self.names(self._not_of_training()), *(name for name in loose if name not in owned)]

    def _not_of_training(self) -> list[int]:
        objects = [self.children(node) for node in self.reachable([0])]
        roots = [child for children in objects for name, child in children.items() if name in _TRAINING]
        counts = [self.children(children["keras_api"]) for children in objects if "keras_api" in children]
        roots += [child for children in counts for name, child in children.items() if name in _COUNTS]
        roots += [child for children in objects for child in children.values() if _DRIVES & set(self.children(child))]
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
