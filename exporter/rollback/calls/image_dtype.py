"""Layers for images of integers: Keras 3 rounds to the dtype of the image, where Keras 2.15 gives floats or truncates.

Images of floats are the same to both.
"""

from __future__ import annotations

from typing import Any

from exporter.rollback.calls import Invocation, Proceed

# Layers that return images at inference as they are, whatever the layer's dtype.
_AS_THEY_ARE = frozenset({"RandomBrightness", "RandomContrast"})
_INTEGERS = "the layer's own dtype is one of integers, to which both versions cast images in another order"


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """What the layer gives, in the dtype that it has in Keras 3."""
    import tensorflow as tf

    layer, image = invocation.layer, invocation.inputs
    name, is_of_floats = type(layer).__name__, tf.as_dtype(layer.compute_dtype).is_floating
    if image.dtype.is_floating or (name not in _AS_THEY_ARE and name != "Resizing"):
        if not is_of_floats:
            raise ValueError(_INTEGERS)
        return proceed(invocation)
    if not is_of_floats:
        layer._set_dtype_policy("float32")
    given = proceed(invocation)
    if name == "Resizing" and layer.interpolation != "nearest":
        given = tf.round(given)
    return tf.saturate_cast(given, image.dtype)
