"""What an operator is made of: its names in TensorFlow, and the function that says it with `keras.ops`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Operator:
    """A function of TensorFlow as Keras 3 says it.

    `build` takes `keras.ops` and then the arguments of the TensorFlow function under TensorFlow's own names, as
    symbolic tensors or plain values; it returns symbolic tensors. `names` are the public names of the function.
    """

    names: tuple[str, ...]
    build: Callable[..., Any] = field(repr=False)


def named(names: str, build: Callable[..., Any]) -> Operator:
    """An operator under public names that are separated by spaces."""
    return Operator(tuple(names.split()), build)
