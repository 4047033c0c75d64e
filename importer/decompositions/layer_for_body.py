"""Lambda bodies that one Keras 3 layer computes: Rescaling, Activation, Flatten, Reshape or Permute."""

from __future__ import annotations

import math
import numbers
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from importer.decompositions.layers import Blueprint

_ACTIVATIONS = {
    **{f"{space}.{name}": name for space in ("nn", "keras.activations", "keras.backend")
       for name in "relu elu softplus softsign softmax sigmoid tanh selu".split()},
    "math.tanh": "tanh", "math.sigmoid": "sigmoid", "math.softplus": "softplus", "nn.relu6": "relu6",
    "nn.silu": "silu", "nn.swish": "silu", "math.exp": "exponential",
}  # fmt: skip


@dataclass(frozen=True)
class Step:
    """One function that a body called: its public name, its arguments and its result."""

    symbol: str
    args: Sequence[Any]
    kwargs: Mapping[str, Any]
    result: Any

    def operands(self) -> list[Any]:
        """All arguments in order; those by name come last."""
        return [*self.args, *self.kwargs.values()]


def layer_for(blueprint: Blueprint, x: Any, steps: Sequence[Step], y: Any) -> Any:
    """The layer that computes what these steps computed of `x`, under the name of the blueprint; None if none does."""
    if not steps or steps[-1].result is not y:
        return None
    make = _rescaling(x, steps) if _is_affine(steps) else _of_one(x, steps[0]) if len(steps) == 1 else None
    return make(blueprint.name, blueprint.dtype) if make else None


_Make = Callable[[str, Any], Any]


def _of_one(x: Any, step: Step) -> _Make | None:
    from keras import layers

    first, *others = step.operands()
    if first is not x:
        return None
    if step.symbol in _ACTIVATIONS and not others:
        return lambda name, dtype: layers.Activation(_ACTIVATIONS[step.symbol], name=name, dtype=dtype)
    if step.symbol == "keras.backend.batch_flatten":
        return lambda name, dtype: layers.Flatten(name=name, dtype=dtype)
    if step.symbol in ("keras.backend.permute_dimensions", "transpose", "compat.v1.transpose") and _keeps_batch(others):
        return lambda name, dtype: layers.Permute(tuple(others[0][1:]), name=name, dtype=dtype)
    if step.symbol in ("keras.backend.reshape", "reshape") and _is_of_samples(x, step.result):
        return lambda name, dtype: layers.Reshape(step.result.shape[1:], name=name, dtype=dtype)
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


def _is_affine(steps: Sequence[Step]) -> bool:
    return all(step.symbol in _AFFINE for step in steps)


def _rescaling(x: Any, steps: Sequence[Step]) -> _Make | None:
    """A Rescaling, x * scale + offset, if every step takes the result of the one before and a number."""
    from keras import layers

    scale, offset, current = 1.0, 0.0, x
    for step in steps:
        left, number = (*step.operands(), None)[:2]
        if isinstance(left, numbers.Real) and step.symbol in ("math.multiply", "math.add", "__operators__.add"):
            left, number = number, left
        if left is not current or not isinstance(number, numbers.Real) or "float" not in str(x.dtype):
            return None
        scale, offset = _AFFINE[step.symbol](scale, offset, float(number))
        current = step.result
    return lambda name, dtype: layers.Rescaling(scale, offset, name=name, dtype=dtype)
