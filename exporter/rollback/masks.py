"""Masks of symbolic tensors: where Keras 2.15 has another one than Keras 3, it is attached or taken off.

Keras 2.15 knows of a symbolic tensor whether it has a mask, but what it has there is in no graph: a file cannot tell
how it is computed. So each mask is also kept here as Keras 3 computes it, and made a tensor where it is needed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Optional

_KEPT = "_mask_in_keras_3"


class Mask:
    """A mask of Keras 3, whose tensor is made when it is asked for."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._tensor: Any = None

    def tensor(self) -> Any:
        """The mask as a symbolic tensor of the graph."""
        if self._tensor is None:
            self._tensor = self._make()
        return self._tensor


def mask_of(tensor: Any) -> Optional[Mask]:
    """The mask that a tensor has in Keras 3; None if it has none."""
    kept: Optional[Mask] = getattr(tensor, _KEPT, None)
    if kept is None and has_mask(tensor):
        return Mask(_unknown)
    return kept


def keep(tensor: Any, mask: Optional[Mask]) -> Any:
    """The tensor, of which it is known that this is its mask."""
    setattr(tensor, _KEPT, mask)
    return tensor


def has_mask(tensor: Any) -> bool:
    """Whether the tensor has a mask in Keras 2.15."""
    return getattr(tensor, "_keras_mask", None) is not None


def as_mask(tensor: Any) -> Mask:
    """A tensor that is given to a layer as its mask; the same for each layer."""
    kept: Optional[Mask] = getattr(tensor, "_as_mask", None)
    if kept is None:
        kept = Mask(lambda: tensor)
        tensor._as_mask = kept
    return kept


def settled(tensor: Any, mask: Optional[Mask], *, sure: bool = True) -> Any:
    """The tensor with its mask of Keras 3; unless it is `sure`, one that it has in Keras 2.15 is another one."""
    if mask is None:
        return keep(without_mask(tensor), None)
    return keep(tensor, mask) if sure and has_mask(tensor) else with_mask(tensor, mask)


def with_mask(tensor: Any, mask: Optional[Mask]) -> Any:
    """The tensor with this mask in place of its own."""
    import keras
    from keras.src import backend

    if mask is None:
        return keep(without_mask(tensor), None)
    name = str(backend.unique_object_name("masked", zero_based=True))
    inner = keras.Input(batch_shape=tensor.shape.as_list(), dtype=tensor.dtype.name)
    passed = keras.layers.Activation("linear", dtype=tensor.dtype.name)(inner)
    return keep(keras.Model(inner, passed, name=name)(tensor, mask=mask.tensor()), mask)


def without_mask(tensor: Any) -> Any:
    """The tensor without its mask."""
    import tensorflow as tf

    return tf.identity(tensor) if has_mask(tensor) else tensor


def _unknown() -> Any:
    raise ValueError("Keras 3 has another mask here than Keras 2.15, and it comes out of an inner model")
