"""Symbolic tensors of Keras 3, and the calls that return them."""

from __future__ import annotations

from typing import Any


def is_symbolic(value: Any) -> bool:
    """Whether a value is a symbolic tensor, not a constant or a size."""
    return hasattr(value, "_keras_history")


def node(tensor: Any) -> Any:
    """The call that returned a symbolic tensor."""
    operation, index, _ = tensor._keras_history
    return operation._inbound_nodes[index]
