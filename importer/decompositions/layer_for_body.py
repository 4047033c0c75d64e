"""Lambda bodies that one Keras 3 layer computes: Rescaling, Activation, Flatten, Reshape or Permute."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bytecode.interpreter.trace import Operation
from importer.decompositions.layers import Blueprint

_ACTIVATIONS = {
    **{f"{space}.{name}": name for space in ("nn", "keras.activations", "keras.backend")
       for name in "relu elu softplus softsign softmax sigmoid tanh selu".split()},
    "math.tanh": "tanh", "math.sigmoid": "sigmoid", "math.softplus": "softplus", "nn.relu6": "relu6",
    "nn.silu": "silu", "nn.swish": "silu", "math.exp": "exponential",
}  # fmt: skip


def layer_for(blueprint: Blueprint, x: Any, operations: Sequence[Operation], y: Any) -> Any:
    """The layer that computes what these operations did with `x`, under the name of the blueprint; None without one."""
    if not operations or operations[-1].result is not y:
        return None
    if _is_affine(operations):
        make = _rescaling(x, operations)
    else:
        make = _of_one(x, operations[0]) if len(operations) == 1 else None
    return make(blueprint.name, blueprint.dtype) if make else None


_Make = Callable[[str, Any], Any]


def _of_one(x: Any, operation: Operation) -> _Make | None:
    from keras import layers

    symbol, (first, *others) = operation.symbol, operation.operands()
    if first is not x:
        return None
    if symbol in _ACTIVATIONS and not others:
        return lambda name, dtype: layers.Activation(_ACTIVATIONS[symbol], name=name, dtype=dtype)
    if symbol == "keras.backend.batch_flatten":
        return lambda name, dtype: layers.Flatten(name=name, dtype=dtype)
    if symbol in ("keras.backend.permute_dimensions", "transpose", "compat.v1.transpose") and _keeps_batch(others):
        return lambda name, dtype: layers.Permute(tuple(others[0][1:]), name=name, dtype=dtype)
    if symbol in ("keras.backend.reshape", "reshape") and _is_of_samples(x, operation.result):
        return lambda name, dtype: layers.Reshape(operation.result.shape[1:], name=name, dtype=dtype)
    return None


def _is_of_samples(x: Any, y: Any) -> bool:
    """Whether a reshape leaves the batch as it is."""
    before, after = x.shape[1:], y.shape[1:]
    return x.shape[0] is None and None not in (*before, *after) and math.prod(before) == math.prod(after)


def _keeps_batch(others: Sequence[Any]) -> bool:
    return len(others) == 1 and isinstance(others[0], (list, tuple)) and list(others[0])[:1] == [0]


_AFFINE: Mapping[str, Callable[[float, float, float], tuple[float, float]]] = {
    "math.multiply": lambda scale, offset, c: (scale * c, offset * c),
    "math.truediv": lambda scale, offset, c: (scale / c, offset / c),
    "math.divide": lambda scale, offset, c: (scale / c, offset / c),
    "math.add": lambda scale, offset, c: (scale, offset + c),
    "__operators__.add": lambda scale, offset, c: (scale, offset + c),
    "math.subtract": lambda scale, offset, c: (scale, offset - c),
}


def _is_affine(operations: Sequence[Operation]) -> bool:
    return all(operation.symbol in _AFFINE for operation in operations)


def _rescaling(x: Any, operations: Sequence[Operation]) -> _Make | None:
    """A Rescaling, x * scale + offset, if every operation takes the result of the one before and a number."""
    from keras import layers

    scale, offset, current = 1.0, 0.0, x
    for operation in operations:
        left, number = (*operation.operands(), None)[:2]
        if isinstance(left, numbers.Real) and operation.symbol in ("math.multiply", "math.add", "__operators__.add"):
            left, number = number, left
        if left is not current or not isinstance(number, numbers.Real) or "float" not in str(x.dtype):
            return None
        scale, offset = _AFFINE[operation.symbol](scale, offset, float(number))
        current = operation.result
    return lambda name, dtype: layers.Rescaling(scale, offset, name=name, dtype=dtype)
