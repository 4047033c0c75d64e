"""Bins and hashes: Keras 2 gives them in the layer's dtype, int64 unless told otherwise, Keras 3 sometimes in int32."""

from __future__ import annotations

from typing import Any

from importer.decompositions.calls import Invocation, Proceed


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """Cast an output of another dtype to the layer's, which is that in Keras 2 where it changes."""
    import keras

    outputs = proceed(invocation)
    dtype = invocation.old_dtype or invocation.layer.compute_dtype
    if outputs.dtype == dtype:
        return outputs
    invocation.tell("semantic", f"its output is cast from {outputs.dtype} to {dtype}, as in Keras 2")
    return keras.ops.cast(outputs, dtype)
