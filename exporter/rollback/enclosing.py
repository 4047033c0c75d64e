"""A layer and what is computed behind it as one model under the layer's name: what it is called, its outputs are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from exporter.rollback.calls import Invocation
from exporter.rollback.masks import Mask, as_mask, keep, mask_of, with_mask


@dataclass(frozen=True)
class Enclosed:
    """A `model` that takes all tensors of a call, and the masks of those that have one.

    `masked` says which of the tensors have one.
    """

    model: Any
    masked: tuple[bool, ...]

    def __call__(self, invocation: Invocation) -> Any:
        """Call the model as the layer is called. Raises ValueError if other tensors of this call have masks."""
        import tensorflow as tf

        tensors = _tensors(invocation)
        masks = [mask_of(tensor) for tensor in tensors]
        if tuple(mask is not None for mask in masks) != self.masked:
            raise ValueError("it is called with a mask and without one")
        of_masks = [mask.tensor() for mask in masks if mask is not None]
        outputs = self.model(_one_or_all([*tensors, *of_masks]))
        given = [*tensors, *of_masks]
        for outer, inner in zip(tf.nest.flatten(outputs), self.model.outputs):
            keep(outer, self._outside(inner, given))
        return outputs

    def _outside(self, inner: Any, given: list[Any]) -> Any:
        """The mask of an output in terms of the tensors that the model is given."""
        import keras

        mask = mask_of(inner)
        if mask is None:
            return None
        return Mask(lambda: keras.Model(self.model.inputs, mask.tensor())(_one_or_all(given)))


def enclose(invocation: Invocation, body: Callable[[Invocation], Any]) -> Enclosed:
    """A model of what `body` makes of a call like this one."""
    import keras

    tensors = _tensors(invocation)
    masks = [mask_of(tensor) for tensor in tensors]
    inputs = [_input_like(tensor) for tensor in tensors]
    of_masks = [None if mask is None else _input_like(mask.tensor()) for mask in masks]
    inner = [tensor if mask is None else with_mask(tensor, as_mask(mask)) for tensor, mask in zip(inputs, of_masks)]
    outputs = body(_with_tensors(invocation, inner))
    all_inputs = [*inputs, *(mask for mask in of_masks if mask is not None)]
    model = keras.Model(_one_or_all(all_inputs), outputs, name=invocation.layer.name)
    model.trainable = invocation.layer.trainable
    return Enclosed(model, tuple(mask is not None for mask in masks))


def _tensors(invocation: Invocation) -> list[Any]:
    """The symbolic tensors of a call, each once."""
    import tensorflow as tf
    from keras.src.engine.keras_tensor import KerasTensor

    leaves = tf.nest.flatten([invocation.inputs, dict(invocation.kwargs)])
    found: dict[int, Any] = {id(leaf): leaf for leaf in leaves if isinstance(leaf, KerasTensor)}
    return list(found.values())


def _with_tensors(invocation: Invocation, inner: list[Any]) -> Invocation:
    """The call on the inner tensors in the places of its own."""
    import tensorflow as tf

    placed = {id(tensor): new for tensor, new in zip(_tensors(invocation), inner)}
    given = [invocation.inputs, dict(invocation.kwargs)]
    inputs, kwargs = tf.nest.map_structure(lambda leaf: placed.get(id(leaf), leaf), given)
    return Invocation(invocation.layer, inputs, kwargs, invocation.spec)


def _input_like(tensor: Any) -> Any:
    import keras

    return keras.Input(batch_shape=tensor.shape.as_list(), dtype=tensor.dtype.name)


def _one_or_all(tensors: list[Any]) -> Any:
    return tensors[0] if len(tensors) == 1 else tensors
