"""Which mask Keras 3 gives to what a layer returns, and whether Keras 2.15 gives the same where it gives one."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any, Optional

from exporter.rollback.calls import Invocation
from exporter.rollback.masks import Mask, as_mask, mask_of, settled, without_mask
from translation.keras3_to_2.masks import PASSING

_MERGING = frozenset({"Add", "Average", "Maximum", "Minimum", "Multiply", "Subtract"})
_SEQUENCES = frozenset({"RNN", "SimpleRNN", "LSTM", "GRU", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"})


def called(invocation: Invocation) -> Any:
    """Call a layer; what it returns has the masks of Keras 3."""
    import tensorflow as tf

    outputs = invocation.layer(_taken(invocation), **invocation.kwargs)
    flat = tf.nest.flatten(outputs)
    wanted, sure = _wanted(invocation, len(flat))
    return tf.nest.pack_sequence_as(outputs, [settled(tensor, mask, sure=sure) for tensor, mask in zip(flat, wanted)])


def _taken(invocation: Invocation) -> Any:
    """What a layer is called on: Keras 2.15 joins masks as wide as one number with others along the last axis alone."""
    tensors = invocation.inputs
    if type(invocation.layer).__name__ != "Concatenate" or invocation.layer.axis in (-1, len(tensors[0].shape) - 1):
        return tensors
    return [without_mask(tensor) for tensor in tensors]


def _wanted(invocation: Invocation, count: int) -> tuple[Sequence[Optional[Mask]], bool]:
    """The masks of what a layer returns, and whether they are those that Keras 2.15 gives, if it gives any."""
    name = type(invocation.layer).__name__
    if name in _MERGING:
        return _merged(invocation.inputs), _are_alike(invocation.inputs)
    if name == "Concatenate":
        return [_concatenated(invocation)], False
    if name in ("Embedding", "Masking"):
        return [_made(invocation)], True
    sure = name != "TimeDistributed" or not masks_steps(invocation.layer.layer)
    passed = _passed(invocation.layer, count)
    given = _given(invocation) if passed else None
    return [*[given] * passed, *[None] * (count - passed)], sure


def _passed(layer: Any, count: int) -> int:
    """How many of the tensors that a layer returns have the mask that it is given; they come first."""
    name = type(layer).__name__
    if name in PASSING:
        return count
    if name in ("MultiHeadAttention", "Attention", "AdditiveAttention"):
        return 1
    if name in _SEQUENCES:
        return int(layer.return_sequences)
    if name == "Bidirectional":
        return (1 if layer.merge_mode else 2) if layer.return_sequences else 0
    return 0


def _given(invocation: Invocation) -> Optional[Mask]:
    """The mask that the call names, or that of the first tensor."""
    named = invocation.kwargs.get("mask")
    if isinstance(named, (list, tuple)):
        return None if named[0] is None else as_mask(named[0])
    if named is not None:
        return as_mask(named)
    first = invocation.inputs[0] if isinstance(invocation.inputs, (list, tuple)) else invocation.inputs
    return mask_of(first)


def _made(invocation: Invocation) -> Optional[Mask]:
    """The mask that a layer makes of the numbers it is given."""
    import tensorflow as tf

    x, layer = invocation.inputs, invocation.layer
    if type(layer).__name__ == "Embedding":
        return Mask(lambda: tf.not_equal(x, 0)) if layer.mask_zero else None
    return Mask(lambda: tf.reduce_any(tf.not_equal(x, layer.mask_value), axis=-1))


def masks_steps(layer: Any) -> bool:
    """Whether a layer makes a mask of its own of what it is given, or may."""
    import keras

    return isinstance(layer, (keras.Model, keras.layers.Embedding, keras.layers.Masking))


def _are_alike(tensors: Sequence[Any]) -> bool:
    """Whether all have one mask, or none."""
    first, *others = [mask_of(tensor) for tensor in tensors]
    return all(mask is first for mask in others)


def _merged(tensors: Sequence[Any]) -> list[Optional[Mask]]:
    """What any mask keeps, and no mask if one of the tensors has none."""
    masks = [mask_of(tensor) for tensor in tensors]
    present = [mask for mask in masks if mask is not None]
    if len(present) < len(masks):
        return [None]
    return [present[0] if _are_alike(tensors) else Mask(lambda: functools.reduce(_either, present).tensor())]


def _either(one: Mask, other: Mask) -> Mask:
    import tensorflow as tf

    return one if one is other else Mask(lambda: tf.logical_or(one.tensor(), other.tensor()))


def _concatenated(invocation: Invocation) -> Optional[Mask]:
    """What any of the masks keeps along the last axis, an input without one being kept."""
    masks = [mask_of(tensor) for tensor in invocation.inputs]
    if all(mask is None for mask in masks):
        return None
    return Mask(lambda: _any_of(invocation.inputs, masks, invocation.layer.axis))


def _any_of(tensors: Sequence[Any], masks: Sequence[Optional[Mask]], axis: int) -> Any:
    import tensorflow as tf

    wide = [_wide(tensor, mask) for tensor, mask in zip(tensors, masks)]
    return tf.reduce_any(tf.concat(wide, axis=axis), axis=-1)


def _wide(tensor: Any, mask: Optional[Mask]) -> Any:
    import tensorflow as tf

    if mask is None:
        return tf.ones_like(tensor, dtype="bool")
    made = mask.tensor()
    if len(made.shape) < len(tensor.shape):
        return tf.logical_or(tf.expand_dims(made, -1), tf.zeros_like(tensor, dtype="bool"))
    return made
