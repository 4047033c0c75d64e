"""Graph rules: what Keras 2 did that no single layer of Keras 3 does, said with its own layers and ops.

A module here is one graph rule and has the name rules refer to. It defines `apply(invocation, proceed)`, which
returns the outputs of one call of a layer; `proceed` runs the next graph rule and at last the layer itself.
Activations that need an expression of their own define `build(rank, dtype)` instead.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Invocation:
    """One call of a Keras 3 `layer` on symbolic tensors, as Keras 2.15 made it."""

    layer: Any
    inputs: Any
    kwargs: Mapping[str, Any]


Proceed = Callable[[Invocation], Any]


def invoke(rules: Sequence[str], invocation: Invocation) -> Any:
    """Call a layer through its graph rules, outermost first."""
    if not rules:
        return invocation.layer(invocation.inputs, **invocation.kwargs)
    module = importlib.import_module(f"{__name__}.{rules[0]}")
    return module.apply(invocation, lambda inner: invoke(rules[1:], inner))


def activation(rule: str, rank: int, dtype: str) -> Any:
    """The Keras 3 model that serves as an activation Keras 3 does not have, for tensors of `rank` axes."""
    return importlib.import_module(f"{__name__}.{rule}").build(rank, dtype)
