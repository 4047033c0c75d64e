"""Sparse and ragged tensors: which layers of a model have them as inputs, and probes of their kind."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from exporter.describe.description import is_model
from interchange.errors import Problem, refused
from interchange.values import Ragged, Sparse, Value

# The share of its values that a sparse probe keeps.
_KEPT = 0.4


def kind(tensor: Any) -> str:
    """`dense`, `sparse` or `ragged`, for a symbolic tensor of Keras 2.15."""
    import tensorflow as tf

    if isinstance(tensor.type_spec, tf.SparseTensorSpec):
        return "sparse"
    return "ragged" if isinstance(tensor.type_spec, tf.RaggedTensorSpec) else "dense"


def kinds_by_layer(model: Any, path: tuple[str, ...] = ()) -> dict[str, list[str]]:
    """The kinds of inputs other than dense of each layer, by its path; of a nested model those its inputs differ in."""
    kinds: dict[str, list[str]] = {}
    for layer in model.layers:
        own = (*path, layer.name)
        if not_dense := set(_input_kinds(layer)) - {"dense"}:
            kinds["/".join(own)] = sorted(not_dense)
        if is_model(layer):
            kinds.update(kinds_by_layer(layer, own))
    return kinds


def _input_kinds(layer: Any) -> Iterator[str]:
    import tensorflow as tf

    expected = [kind(tensor) for tensor in layer.inputs or []] if is_model(layer) else []
    for node in layer._inbound_nodes:
        kinds = [] if node.is_input else [kind(tensor) for tensor in tf.nest.flatten(node.keras_inputs)]
        if kinds != expected:
            yield from kinds


def check_inputs(model: Any) -> None:
    """Refuse inputs with several ragged axes, for which there are no probes yet."""
    text = "an input with more than one ragged axis is not migrated yet"
    several = [tensor for tensor in model.inputs if kind(tensor) == "ragged" and tensor.type_spec.ragged_rank > 1]
    if several:
        problems = [Problem(tensor.node.layer.name, "InputLayer", text, "ragged", True) for tensor in several]
        raise refused(problems, f"{problems[0].layer}: {text}")


def thinned(array: np.ndarray, wanted: str, random: np.random.Generator) -> Value:
    """A probe of the kind `wanted`: sparse with one empty sample, or ragged with rows of all lengths."""
    if wanted == "ragged":
        size = array.shape[1]
        return _cut(array, [size, 0, (size + 1) // 2][: len(array)] + [1] * (len(array) - 3))
    if wanted == "dense":
        return array
    kept = random.random(array.shape) < _KEPT
    kept[1:2] = False
    return Sparse(np.where(kept, array, b"" if array.dtype.kind in "OS" else array.dtype.type(0)))


def whole(array: np.ndarray, wanted: str) -> Value:
    """The whole array as a value of the kind `wanted`."""
    if wanted == "ragged":
        return _cut(array, [array.shape[1]] * len(array))
    return Sparse(array) if wanted == "sparse" else array


def of_all_lengths(array: np.ndarray, wanted: str) -> Value:
    """The array as a value of the kind `wanted`: a ragged one has rows of each length in turn."""
    if wanted == "ragged":
        return _cut(array, [sample % (array.shape[1] + 1) for sample in range(len(array))])
    return Sparse(array) if wanted == "sparse" else array


def _cut(array: np.ndarray, lengths: list[int]) -> Ragged:
    return Ragged(np.concatenate([row[:length] for row, length in zip(array, lengths)]), (tuple(lengths),))
