"""GlobalAveragePooling in float16: Keras 2 sums in float16, which may overflow, and Keras 3 in float32."""

from __future__ import annotations

from typing import Any

from importer.decompositions.calls import Invocation, Proceed
from importer.masks import mask_of
from translation.operators.math.reductions import mean

OF_BFLOAT16 = (
    "its sums are taken in float32: on a CPU Keras 2 takes them in bfloat16 and loses what it adds last, so that a "
    "mean of 36 numbers near 100 is up to 2.5 off; numbers near zero come out alike"
)
"""For the report: no operation of Keras 3 adds up so."""


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """The mean as TensorFlow computes it in float16; with a mask Keras 3 sums in float16 as well."""
    from keras import ops

    layer, x = invocation.layer, invocation.inputs
    if layer.compute_dtype == "bfloat16":
        invocation.tell("semantic", OF_BFLOAT16)
    if layer.compute_dtype != "float16" or invocation.kwargs.get("mask", mask_of(x)) is not None:
        return proceed(invocation)
    invocation.tell("semantic", "its sum is taken in float16, as in Keras 2; Keras 3 takes it in float32")
    first = layer.data_format == "channels_first"
    axes = range(2, len(x.shape)) if first else range(1, len(x.shape) - 1)
    return mean(ops, ops.cast(x, "float16"), list(axes), layer.keepdims)
