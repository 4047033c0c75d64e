"""`data_format="channels_first"` on convolutions: Keras 2 transposes where a CPU knows channels last only, so do we."""

from __future__ import annotations

from typing import Any

from importer.native import Invocation, Proceed
from importer.native.masks import mask_of


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """Call the layer, which works with channels last, between two transposes; sequences and states alike."""
    from keras import tree

    core = _core(invocation.layer)
    rank = getattr(core, "cell", core).rank
    inputs = tree.map_structure(lambda x: _channels_last(x, rank), invocation.inputs)
    kwargs = dict(invocation.kwargs)
    mask = mask_of(tree.flatten(invocation.inputs)[0])
    if mask is not None and hasattr(core, "return_sequences"):
        kwargs.setdefault("mask", mask)
    outputs = proceed(Invocation(invocation.layer, inputs, kwargs))
    return tree.map_structure(lambda y: _channels_first(y, rank), outputs)


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
