"""`to_tensor()` of a ragged tensor: Keras 3 makes one dense with zeros; other fillings go where nothing was."""

from __future__ import annotations

from typing import Any

from importer.native import Invocation, Proceed

_ORDER = ("default_value", "name", "shape")


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """The tensor as the method gives it; the layer is left out where it would cast, which the method never does."""
    from keras import ops

    x, given = invocation.inputs, dict(zip(_ORDER, invocation.kwargs.get("args") or ()))
    given |= invocation.kwargs.get("kwargs") or {}
    if given.get("shape") is not None:
        raise ValueError(f"to_tensor(shape={given['shape']}) cuts or fills what it is given")
    dense = ops.convert_to_tensor(x, ragged=False)
    if given.get("default_value"):
        there = ops.convert_to_tensor(ops.ones_like(x, dtype="bool"), ragged=False)
        dense = ops.where(there, dense, ops.cast(given["default_value"], dense.dtype))
    invocation.tell("structural", "a ragged tensor is made dense with keras.ops")
    if dense.dtype != invocation.layer.compute_dtype and "float" in dense.dtype:
        return dense
    return proceed(invocation.on(dense, args=None, kwargs=None))
