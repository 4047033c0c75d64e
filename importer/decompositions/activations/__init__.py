"""Activations that Keras 3 does not have, each as a small model: a module defines `build(rank, dtype)`.

A function of ours could not be saved without its code; a functional model in its place can.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from importer.decompositions import module

Build = Callable[[int, str], Any]


def activation(name: str, rank: int, dtype: str) -> Any:
    """The Keras 3 model that stands for the activation `name`, for tensors of `rank` axes."""
    function: Build = module(__name__, name).build
    return function(rank, dtype)
