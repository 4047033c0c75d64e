"""Image layers on integers: Keras 2 casts them to the layer's dtype first, Keras 3 leaves them as they are."""

from __future__ import annotations

from typing import Any

from importer.native import Invocation, Proceed


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """Cast what is not of the layer's dtype."""
    import keras

    layer, x = invocation.layer, invocation.inputs
    if x.dtype == layer.compute_dtype:
        return proceed(invocation)
    return proceed(Invocation(layer, keras.ops.cast(x, layer.compute_dtype), invocation.kwargs))
