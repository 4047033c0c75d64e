"""`to_tensor()` of a ragged tensor: Keras 3 makes one dense with zeros; other fillings go where nothing was."""

from __future__ import annotations

from typing import Any

from importer.decompositions.calls import Invocation, Proceed

_ORDER = ("default_value", "name", "shape")


def made_dense(x: Any, default_value: Any = None, name: Any = None, shape: Any = None) -> Any:  # noqa: ARG001
    """The result of `x.to_tensor(default_value, name, shape)`; raises ValueError if Keras 3 has no operation for it."""
    from keras import ops

    if shape is not None:
        raise ValueError(f"to_tensor(shape={shape}), which truncates or pads, is not supported")
    dense = ops.convert_to_tensor(x, ragged=False)
    if not default_value:
        return dense
    there = ops.convert_to_tensor(ops.ones_like(x, dtype="bool"), ragged=False)
    return ops.where(there, dense, ops.cast(default_value, dense.dtype))


def apply(invocation: Invocation, proceed: Proceed) -> Any:
    """The dense tensor; the layer is skipped if it would cast, which the method never does."""
    arguments = dict(zip(_ORDER, invocation.kwargs.get("args") or ())) | (invocation.kwargs.get("kwargs") or {})
    dense = made_dense(invocation.inputs, **arguments)
    invocation.tell("structural", "a ragged tensor is made dense with keras.ops")
    if dense.dtype != invocation.layer.compute_dtype and "float" in dense.dtype:
        return dense
    return proceed(invocation.on(dense, args=None, kwargs=None))
