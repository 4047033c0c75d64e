"""Masks of Lambda layers: dropped, unless the body returns its very input or the layer has a `mask` function."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from importer.build import operator_calls
from importer.decompositions.calls import Invocation, Proceed
from importer.masks import attach, mask_of

# The names of inputs and outputs of a model with masks.
_VALUES, _MASKS = "values", "masks of them"


@dataclass(frozen=True)
class Ends:
    """Inputs and outputs of the model of a body; `masks` are those it takes, `handed_on` those it returns, or None."""

    inputs: Any
    outputs: Any
    masks: Any
    handed_on: Any

    def taken(self) -> Any:
        return _with(self.inputs, self.masks)

    def given(self) -> Any:
        return _with(self.outputs, self.handed_on)


def inputs_for(tensors: Any) -> Any:
    """An input for the mask of each tensor in a structure, as Keras 2 passes masks to a body; None without masks."""
    import keras

    def input_for(tensor: Any) -> Any:
        mask = mask_of(tensor)
        return None if mask is None else keras.Input(batch_shape=mask.shape, dtype=mask.dtype)

    if all(mask is None for mask in _masks(tensors)):
        return None
    return keras.tree.map_structure(input_for, tensors)


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """Call the layer on the values, and on the masks if it takes them, and attach the masks that it passes on."""
    import keras

    layer, x = invocation.layer, invocation.inputs
    takes = isinstance(layer, keras.Model) and _is_with(layer.input)
    values = operator_calls.unmasked(x)
    masks = list(filter(lambda mask: mask is not None, _masks(x)))
    outputs = proceed(invocation.on({_VALUES: values, _MASKS: masks} if takes else values, mask=None))
    new_masks = outputs[_MASKS] if _is_with(outputs) else []
    outputs = outputs[_VALUES] if _is_with(outputs) else outputs
    handed_on = _handed_on(layer, x, new_masks)
    if any(mask is not None for mask in handed_on):
        invocation.tell("structural", "the mask it returns is attached to its output")
    return keras.tree.pack_sequence_as(outputs, list(_attached(outputs, handed_on, layer.name)))


def _handed_on(layer: Any, x: Any, new_masks: Sequence[Any]) -> list[Any]:
    """A mask or None for each output: Keras 2 computes new masks unless every output has one already."""
    import keras

    if not isinstance(layer, keras.Model):
        return []
    ends = layer.output[_VALUES] if _is_with(layer.output) else layer.output
    begins = layer.input[_VALUES] if _is_with(layer.input) else layer.input
    own = {id(begin): mask for begin, mask in zip(keras.tree.flatten(begins), _masks(x))}
    passed = [own.get(id(end)) for end in keras.tree.flatten(ends)]
    return list(new_masks) if new_masks and any(mask is None for mask in passed) else passed


def _attached(outputs: Any, masks: Sequence[Any], name: str) -> Iterator[Any]:
    import keras

    for number, tensor in enumerate(keras.tree.flatten(outputs)):
        mask = masks[number] if number < len(masks) else None
        yield tensor if mask is None else attach(tensor, mask, f"{name}_{number}" if number else name)


def _masks(tensors: Any) -> list[Any]:
    import keras

    return [mask_of(tensor) for tensor in keras.tree.flatten(tensors)]


def _with(values: Any, masks: Any) -> Any:
    import keras

    if masks is None:
        return values
    return {_VALUES: values, _MASKS: [mask for mask in keras.tree.flatten(masks) if mask is not None]}


def _is_with(structure: Any) -> bool:
    return isinstance(structure, Mapping) and structure.keys() == {_VALUES, _MASKS}
