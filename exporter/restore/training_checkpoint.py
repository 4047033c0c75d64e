"""The training of a SavedModel: the scanner has read how it was compiled, and its checkpoint holds the optimizer."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from exporter.restore.object_graph import ObjectGraph
from exporter.restore.stored_training import StoredTensor, StoredTraining
from interchange.tuples import listed
from translation.training.matching import Key, Stored

_OPTIMIZER, _LISTED, _SCALE, _INNER = "optimizer", "_variables", "loss_scale", "base_optimizer"
# What an optimizer has once, by its attribute, and as the name of a slot. All else it has once is in its config.
_ONCE = {
    "_iterations": "iteration", "iter": "iter", "_learning_rate": "learning_rate", "learning_rate": "learning_rate",
    "_u_product": "u_product", "momentum_cache": "momentum_cache",
    "current_loss_scale": "current_loss_scale", "good_steps": "good_steps",
}  # fmt: skip


@contextlib.contextmanager
def opened(prefix: Path, config: Mapping[str, Any] | None) -> Iterator[StoredTraining | None]:
    """The training of the model in a checkpoint, which was compiled like `config`; None if it was not."""
    import tensorflow as tf

    if config is None:
        yield None
        return
    config = listed(config)
    try:
        training = _training(config, ObjectGraph(prefix))
    except tf.errors.OpError as error:
        training = StoredTraining(config, broken=f"its checkpoint cannot be read: {error.message[:200]}")
    yield training


def _training(config: Mapping[str, Any], graph: ObjectGraph) -> StoredTraining:
    optimizer = graph.children(0).get(_OPTIMIZER)
    if optimizer is None:
        return StoredTraining(config)
    found: dict[str, Key | None] = {}
    for node, key in _nodes(graph, optimizer):
        name = graph.name(node)
        if name is not None:
            found.setdefault(name, key)
    tensors = [_tensor(graph, name, key) for name, key in found.items()]
    return StoredTraining(config, tensors, {name: (name, *graph.full_names(name)) for name in graph.stored})


def _nodes(graph: ObjectGraph, optimizer: int) -> Iterator[tuple[int, Key | None]]:
    """The variables of an optimizer, with their slots and weights where the graph tells them."""
    parts = graph.children(optimizer)
    for node in (optimizer, *(parts[key] for key in (_SCALE, _INNER) if key in parts)):
        for attribute, child in graph.children(node).items():
            if attribute in _ONCE:
                yield child, (_ONCE[attribute], None)
        yield from ((slot.node, (slot.name, graph.name(slot.weight))) for slot in graph.slots(node))
    numbered = graph.children(parts[_LISTED]) if _LISTED in parts else {}
    for number in sorted(filter(str.isdecimal, numbered), key=int):
        yield numbered[number], None


def _tensor(graph: ObjectGraph, name: str, key: Key | None) -> StoredTensor:
    full = next(iter(graph.full_names(name)), name)
    stored = Stored(full, tuple(graph.shapes[name]), key)
    return StoredTensor(stored, lambda: np.asarray(graph.tensor(name)))
