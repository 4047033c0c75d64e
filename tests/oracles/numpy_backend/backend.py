"""The backend of NumPy: tensors are arrays, functions are NumPy's. It shares no line with Keras or TensorFlow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bytecode.interpreter.arithmetic import plainly
from bytecode.refusals import Refused
from interchange.tensors import Array
from tests.oracles.numpy_backend import drawing, elementwise, layers, reductions, shaping
from tests.oracles.numpy_backend.tensors import Function, Tensor, TopK, array

FUNCTIONS: Mapping[str, Function] = {
    **elementwise.FUNCTIONS,
    **reductions.FUNCTIONS,
    **shaping.FUNCTIONS,
    **layers.FUNCTIONS,
}


class NumpyBackend:
    """A second opinion on a recovered body: the same steps, calculated by NumPy.

    What the body draws is made of the numbers that `uniform` gives for a shape; without it nothing is drawn.
    """

    def __init__(self, uniform: drawing.Uniform | None = None) -> None:
        self._uniform = uniform

    def is_tensor(self, value: Any) -> bool:
        return isinstance(value, Tensor)

    def call(self, symbol: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if symbol in _MAPS:
            return plainly(symbol, _map, *args, **kwargs)
        draw = drawing.FUNCTIONS.get(symbol.removeprefix("compat.v1."))
        if draw is not None and self._uniform is not None:
            heard = {name: value for name, value in kwargs.items() if name not in {"name", "seed"}}
            return Tensor(plainly(symbol, draw, self._uniform, *args, **heard))
        if symbol not in FUNCTIONS and f"compat.v1.{symbol}" not in FUNCTIONS:
            raise Refused(f"the function {symbol} is not known", symbol)
        function = FUNCTIONS.get(symbol) or FUNCTIONS[f"compat.v1.{symbol}"]
        heard = {name: value for name, value in kwargs.items() if name != "name"}
        return _outward(plainly(symbol, function, *args, **heard))

    def attribute(self, tensor: Any, name: str) -> Any:
        return tensor.array.shape if name == "shape" else tensor.array.dtype.name

    def method(self, tensor: Any, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        raise Refused(f"the method {name} of a tensor", name)


def tensor(value: Array) -> Tensor:
    """An array as a tensor of this backend."""
    return Tensor(value)


def numbers(value: Any) -> Any:
    """What a body returned, as arrays again."""
    if isinstance(value, dict):
        return {key: numbers(item) for key, item in value.items()}
    return [numbers(item) for item in value] if isinstance(value, (list, tuple)) else array(value)


def _outward(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        made = [_outward(item) for item in value]
        return TopK(*made) if isinstance(value, TopK) else type(value)(made)
    return Tensor(np.asarray(value))


def _map(fn: Any, elems: Any, **_: Any) -> Tensor:
    """A function of the body, on each slice of the first axis."""
    return Tensor(np.stack([array(fn(Tensor(np.asarray(part)))) for part in array(elems)]))


_MAPS = frozenset("map_fn vectorized_map keras.backend.map_fn".split())
