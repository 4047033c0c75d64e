"""Restore the weights of a Keras 2.15 model from a TensorFlow checkpoint, along the names of its attributes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from exporter.keras2.lookup_layers import is_lookup
from exporter.restore.account import Account, require_none
from interchange.error_text import cause
from interchange.errors import Exit, Failure, Problem
from translation.config_tree import counted_layers, is_model

_GRAPH, _VALUE = "_CHECKPOINTABLE_OBJECT_GRAPH", "VARIABLE_VALUE"
_ENDING, _SLOT = f"/.ATTRIBUTES/{_VALUE}", "/.OPTIMIZER_SLOT/"
# What is of training, by the attribute that leads to it, and by what an object has that trains, or draws in training.
_TRAINING = frozenset({"optimizer", "save_counter"})
_COUNTS = frozenset({"metrics", "layer_metrics", "states"})  # the last are what a layer has seen in the call before
_DRIVES = frozenset({"iter", "_iterations", "_state_var"})
# Keras writes `layer_with_weights-0` too, which is another layer here: in the file a vocabulary counts as a weight.
_COUNTED = re.compile(r"layer(_with_weights)?-\d+")
_HINT = "save the model again with model.save()"

Pair = tuple[Any, str]
"""A variable, and under which name its value is stored."""


WAYS = COUNTED, NAMED = ("counted", "named")
LISTED = "listed"
"""How a checkpoint has the layers of a model: as Keras counts them, or each by its name; or its weights in a list."""


@dataclass(frozen=True)
class Start:
    """Where in a checkpoint a model lies, `below` the attributes of this path, and in which way it is held there."""

    below: str = ""
    way: str = COUNTED


ROOT = Start()


def restore(prefix: Path, model: Any, architecture: Mapping[str, Any], account: Account, start: Start = ROOT) -> None:
    """Give `model` the weights of the checkpoint `prefix`; `architecture` has the layers in the order of the file.

    Raises `Failure(WEIGHTS)` where a weight is of another shape or cannot be read; `account` hears what was read.
    """
    import tensorflow as tf

    try:
        checkpoint = Checkpoint(prefix)
        walk = _Walk(checkpoint)
        walk.begin(start, model, architecture)
        require_none([problem for pair in walk.found if (problem := checkpoint.misfit(*pair))], _HINT)
        for (variable, name), value in zip(walk.found, checkpoint.values([name for _, name in walk.found])):
            variable.assign(value)
            account.reads(variable, [name])
    except (ValueError, RuntimeError, tf.errors.OpError) as error:
        raise Failure(Exit.WEIGHTS, f"the weights cannot be read: {cause(error)}", _HINT) from error
    account.stores(checkpoint.stored)
    account.uses(walk.told)
    for layer in model._flatten_layers():  # Keras asks the outermost layers alone
        layer.finalize_state()


class Checkpoint:
    """A checkpoint and the graph of the objects that were saved in it: nodes by their numbers, 0 is the root."""

    def __init__(self, prefix: Path) -> None:
        import tensorflow as tf
        from tensorflow.core.protobuf.trackable_object_graph_pb2 import TrackableObjectGraph

        self._prefix, self._reader = str(prefix), tf.train.load_checkpoint(str(prefix))
        self._shapes, self._dtypes = self._reader.get_variable_to_shape_map(), self._reader.get_variable_to_dtype_map()
        self._nodes = TrackableObjectGraph.FromString(self._reader.get_tensor(_GRAPH)).nodes

    def children(self, node: int) -> Mapping[str, int]:
        """The nodes that an object has as attributes, by their names."""
        return {child.local_name: child.node_id for child in self._nodes[node].children}

    def name(self, node: int) -> str | None:
        """Under which name the value of a variable is stored; None for what is no variable, or has none stored."""
        names = (value.checkpoint_key for value in self._nodes[node].attributes if value.name == _VALUE)
        return next((name for name in names if name in self._shapes), None)

    def shape(self, node: int) -> tuple[int, ...] | None:
        """The shape of the value of a variable that is stored."""
        name = self.name(node)
        return None if name is None else tuple(self._shapes[name])

    def names(self, nodes: Sequence[int]) -> list[str]:
        """Under which names the values of the variables among these nodes are stored."""
        return [name for node in nodes if (name := self.name(node)) is not None]

    def below(self, nodes: Sequence[int]) -> list[int]:
        """These nodes and all that can be reached from them."""
        found = dict.fromkeys(nodes)
        waiting = list(found)
        while waiting:
            new = [child for child in self.children(waiting.pop()).values() if child not in found]
            found |= dict.fromkeys(new)
            waiting += new
        return list(found)

    @cached_property
    def stored(self) -> list[str]:
        """The names of all variables but those of training, and of those that no object says it has."""
        told = set(self.names(range(len(self._nodes))))
        loose = (name for name in sorted(self._shapes) if name.endswith(_ENDING) and _SLOT not in name)
        return [*self.names(self._kept()), *(name for name in loose if name not in told)]

    def _kept(self) -> list[int]:
        """The nodes that are not of training: of that is what an optimizer or a metric has, and random states."""
        named = [self.children(node) for node in self.below([0])]
        roots = [child for children in named for name, child in children.items() if name in _TRAINING]
        counts = [self.children(children["keras_api"]) for children in named if "keras_api" in children]
        roots += [child for children in counts for name, child in children.items() if name in _COUNTS]
        roots += [child for children in named for child in children.values() if _DRIVES & set(self.children(child))]
        training = set(self.below(roots))
        return [node for node in self.below([0]) if node not in training]

    def misfit(self, variable: Any, name: str) -> Problem | None:
        """Why a variable cannot have the value of that name, if it cannot."""
        shape, dtype = tuple(self._shapes[name]), self._dtypes[name]
        if variable.shape.is_compatible_with(shape) and variable.dtype.base_dtype == dtype:
            return None
        wanted = f"{variable.dtype.base_dtype.name} of shape {tuple(variable.shape)}"
        return Problem(name, "weights", f"{variable.name} is {wanted}, stored is {dtype.name} of shape {shape}")

    def values(self, names: list[str]) -> list[Any]:
        """The tensors of these names."""
        import tensorflow as tf

        if not names:
            return []
        dtypes = [self._dtypes[name] for name in names]
        wanted = {"tensor_names": names, "shape_and_slices": [""] * len(names), "dtypes": dtypes}
        return list(tf.raw_ops.RestoreV2(prefix=self._prefix, **wanted))


@dataclass
class _Walk:
    """Goes through a model and the objects of a checkpoint at once; `told` are names whose values a config has."""

    checkpoint: Checkpoint
    found: list[Pair] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    _met: set[tuple[int, int]] = field(default_factory=set)

    def begin(self, start: Start, model: Any, architecture: Any) -> None:
        """The model, from where it lies; nothing is found where there is no such place."""
        node: int | None = 0
        for name in filter(None, start.below.split("/")):
            node = None if node is None else self.checkpoint.children(node).get(name)
        if node is None:
            return
        if start.way == COUNTED:
            self.go(node, model, architecture)
            return
        held = [(layer.name, layer) for layer in model.layers]
        if start.way == LISTED:
            held = [(str(number), variable) for number, variable in enumerate(model.weights)]
        for name, thing in held:
            if (below := self.checkpoint.children(node).get(name)) is not None:
                self.go(below, thing, None)

    def go(self, node: int, thing: Any, entry: Any) -> None:
        """One object, which the checkpoint has as `node`, and the architecture as `entry`, with all below it."""
        import tensorflow as tf

        if (node, id(thing)) in self._met:
            return
        self._met.add((node, id(thing)))
        if isinstance(thing, tf.Variable):
            self.found += [(thing, name) for name in self.checkpoint.names([node])]
            return
        if is_lookup(thing):
            self.told += self.checkpoint.names(self.checkpoint.below([node]))
        for name, child, inner in _parts(thing, entry):
            if (below := self.checkpoint.children(node).get(name)) is not None:
                self.go(below, child, inner)


def _parts(thing: Any, entry: Any) -> Iterator[tuple[str, Any, Any]]:
    """What an object has, by the name that a checkpoint calls it, with its entry in the architecture."""
    config = entry.get("config") if isinstance(entry, Mapping) else None
    for number, (layer, inner) in enumerate(_layers(thing, entry)):
        yield f"layer-{number}", layer, inner
    for name, child in thing._trackable_children().items():
        if not _COUNTED.fullmatch(name):
            yield name, child, config.get(name) if isinstance(config, Mapping) else None


def _layers(thing: Any, entry: Any) -> list[tuple[Any, Any]]:
    """The layers of a model that counts them, in the order in which it was saved where an entry tells that."""
    if not hasattr(thing, "_layer_checkpoint_dependencies"):
        return []
    if not is_model(entry):
        return [(layer, None) for layer in thing.layers]
    layers = {layer.name: layer for layer in thing.layers}
    return [(layers[inner["config"]["name"]], inner) for inner in counted_layers(entry)]
