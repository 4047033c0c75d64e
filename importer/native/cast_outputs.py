"""Bins and hashes: Keras 2 gives them in the layer's dtype, int64 unless told otherwise, Keras 3 sometimes in int32."""

from __future__ import annotations

from typing import Any

from importer.native import Invocation, Proceed


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """Cast what comes out in another dtype."""
    import keras

    outputs = proceed(invocation)
    wanted = invocation.layer.compute_dtype
    return outputs if outputs.dtype == wanted else keras.ops.cast(outputs, wanted)
