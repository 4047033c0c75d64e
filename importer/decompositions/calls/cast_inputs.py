"""Integers in image layers and SpectralNormalization: Keras 2 computes in the layer's dtype, Keras 3 in the input's."""

from __future__ import annotations

from typing import Any

from importer.decompositions.calls import Invocation, Proceed


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """Cast an input of another dtype to the layer's."""
    import keras

    layer, x = invocation.layer, invocation.inputs
    if x.dtype == layer.compute_dtype:
        return proceed(invocation)
    invocation.tell("semantic", f"its input is cast from {x.dtype} to {layer.compute_dtype}, as Keras 2 does")
    return proceed(invocation.on(keras.ops.cast(x, layer.compute_dtype)))
