"""Operations of Keras 3 called on tensors of Keras 2.15: the last layer that this makes has the operation's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from exporter.rollback.masks import mask_of, with_mask
from translation.keras2_to_3.spec import Spec
from translation.keras3_to_2 import operations

# Keras 3 returns the tensor itself, with its mask, where it has the dtype that is asked for.
_THE_SAME = frozenset({"Cast", "ConvertToTensor"})


def operation_outputs(spec: Spec, args: list[Any], kwargs: Mapping[str, Any], *, first: bool) -> Any:
    """The outputs of an operation. Only its `first` call can have its name; TensorFlow names others."""
    import tensorflow as tf

    given = {id(leaf) for leaf in tf.nest.flatten([args, dict(kwargs)])}
    outputs = operations.call(tf, spec, args, kwargs)
    # What an operation leaves as it is would go on under another's name.
    outputs = tf.nest.map_structure(lambda each: tf.identity(each) if id(each) in given else each, outputs)
    if _is_same(spec, args, outputs):
        outputs = with_mask(outputs, mask_of(args[0]))
    made_by = [tensor._keras_history.layer for tensor in tf.nest.flatten(outputs)]
    if first and spec.name and all(layer is made_by[0] for layer in made_by):
        made_by[0]._name = spec.name
    return outputs


def _is_same(spec: Spec, args: list[Any], outputs: Any) -> bool:
    """Whether Keras 3 returns what it is given, and that has a mask."""
    if spec.class_name not in _THE_SAME or not args or mask_of(args[0]) is None:
        return False
    return bool(args[0].dtype == outputs.dtype)
