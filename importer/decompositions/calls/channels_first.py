"""`data_format="channels_first"` on convolutions: Keras 2 transposes on a CPU, which knows channels last only."""

from __future__ import annotations

from typing import Any

from importer.decompositions.calls import Invocation, Proceed
from importer.masks import mask_of


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """Call the layer, which works with channels last, between two transposes; sequences and states alike."""
    from keras import tree

    core = _core(invocation.layer)
    rank = getattr(core, "cell", core).rank
    inputs = tree.map_structure(lambda x: _channels_last(x, rank), invocation.inputs)
    mask = invocation.kwargs.get("mask")
    if mask is None and hasattr(core, "return_sequences"):
        mask = mask_of(tree.flatten(invocation.inputs)[0])
    joined, activation = _hand_out_halves(invocation.layer), _put_off(core)
    outputs = proceed(invocation.on(inputs, mask=mask))
    outputs = tree.map_structure(lambda y: _channels_first(y, rank), outputs)
    return _join_halves(outputs) if joined else activation(outputs) if activation else outputs


def _put_off(layer: Any) -> Any:
    """An activation along the last axis, removed from the layer: Keras 2 applies it while channels are not last."""
    from keras import activations

    if getattr(layer, "activation", None) in (activations.softmax, activations.log_softmax):
        layer.comes_last, layer.activation = layer.activation, activations.linear
    return getattr(layer, "comes_last", None)


def _hand_out_halves(layer: Any) -> bool:
    """Whether a Bidirectional joins its halves along the last axis, which it must not do while channels are last."""
    joins = getattr(layer, "joins_last", getattr(layer, "merge_mode", None) == "concat")
    if joins:
        layer.joins_last, layer.merge_mode = True, None
    return joins


def _join_halves(outputs: Any) -> Any:
    import keras

    joined = keras.ops.concatenate(list(outputs[:2]), axis=-1)
    return [joined, *outputs[2:]] if len(outputs) > 2 else joined


def _core(layer: Any) -> Any:
    """The convolution inside wrappers."""
    inner = getattr(layer, "forward_layer", getattr(layer, "layer", None))
    return layer if inner is None else _core(inner)


def _channels_last(x: Any, rank: int) -> Any:
    import keras

    return keras.ops.moveaxis(x, len(x.shape) - 1 - rank, -1)


def _channels_first(y: Any, rank: int) -> Any:
    import keras

    return keras.ops.moveaxis(y, -1, len(y.shape) - 1 - rank)
