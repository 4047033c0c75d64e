"""What the interpreter needs of a library of tensors; it computes with all other values itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Backend(Protocol):
    """Tensors of some kind, and the functions of TensorFlow and Keras on them.

    A backend raises `Refused` for what it does not support. Shapes are tuples with None for unknown sizes, dtypes are
    their names. Functions of the body are passed as callables.
    """

    def is_tensor(self, value: Any) -> bool: ...

    def call(self, symbol: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        """The function of this public name, such as `math.multiply`, `nn.relu` or `keras.backend.mean`."""

    def attribute(self, tensor: Any, name: str) -> Any: ...

    def method(self, tensor: Any, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any: ...
