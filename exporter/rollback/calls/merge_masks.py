"""Merging of masked tensors: Keras 3 leaves masked numbers out of products and of the largest and the smallest."""

from __future__ import annotations

from typing import Any

from exporter.rollback.calls import Invocation, Proceed
from exporter.rollback.masks import Mask, mask_of, with_mask, without_mask


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """The merged tensors; with masks, a product or a largest or smallest is written out as Keras 3 does it."""
    masks = [mask_of(tensor) for tensor in invocation.inputs]
    name = type(invocation.layer).__name__
    if all(mask is None for mask in masks):
        return proceed(invocation)
    if name not in ("Maximum", "Minimum", "Multiply"):
        if all(mask is masks[0] for mask in masks):
            return proceed(invocation)
        return _with_their_mask(invocation, proceed)
    if len({len(tensor.shape) for tensor in invocation.inputs}) > 1:
        raise ValueError("Keras 3 leaves out what is masked, which cannot be written with tensors of several ranks")
    dtype = invocation.layer.compute_dtype
    tensors = [_cast(without_mask(tensor), dtype) for tensor in invocation.inputs]
    wide = [None if mask is None else _wide(mask, tensor) for mask, tensor in zip(masks, tensors)]
    merged, kept = (_product if name == "Multiply" else _extreme(name))(tensors, wide)
    return with_mask(merged, None if kept is None else Mask(lambda: _any(kept)))


def _with_their_mask(invocation: Invocation, proceed: Proceed) -> Any:
    """The layer sees no masks, and its result has the one that it has in Keras 3."""
    wanted = mask_of(proceed(invocation))
    return with_mask(invocation.layer([without_mask(tensor) for tensor in invocation.inputs]), wanted)


def _cast(tensor: Any, dtype: str) -> Any:
    import tensorflow as tf

    return tensor if tensor.dtype.name == dtype else tf.cast(tensor, dtype)


def _wide(mask: Mask, tensor: Any) -> Any:
    import tensorflow as tf

    return tf.logical_or(tf.expand_dims(mask.tensor(), -1), tf.zeros_like(tensor, dtype="bool"))


def _any(mask: Any) -> Any:
    import tensorflow as tf

    return tf.reduce_any(mask, axis=-1)


def _product(tensors: list[Any], masks: list[Any]) -> tuple[Any, Any]:
    """Masked numbers count as one, and the result is zero where all are masked."""
    import tensorflow as tf

    neutral = [x if mask is None else tf.where(mask, x, tf.ones_like(x)) for x, mask in zip(tensors, masks)]
    product = neutral[0]
    for tensor in neutral[1:]:
        product = tf.multiply(product, tensor)
    if any(mask is None for mask in masks):
        return product, None
    kept = masks[0]
    for mask in masks[1:]:
        kept = tf.logical_or(kept, mask)
    return tf.where(kept, product, tf.zeros_like(product)), kept


def _extreme(name: str) -> Any:
    import tensorflow as tf

    pick = tf.maximum if name == "Maximum" else tf.minimum

    def found(tensors: list[Any], masks: list[Any]) -> tuple[Any, Any]:
        """A masked number counts as the other one."""
        output, kept = tensors[0], masks[0]
        for x, mask in zip(tensors[1:], masks[1:]):
            other = x if mask is None else tf.where(mask, x, output)
            output = pick(output if kept is None else tf.where(kept, output, other), other)
            kept = None if mask is None or kept is None else tf.logical_or(kept, mask)
        return output, kept

    return found
