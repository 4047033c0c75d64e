"""Calls of a Keras 3 layer that are not made as they stand: a module defines `apply(invocation, proceed)`.

`apply` returns the outputs of one call of a layer; `proceed` runs the next decomposition and at last the layer itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from importer.decompositions import module


def _no_report(kind: str, text: str) -> None:
    """Drops the line, for callers without a report."""


@dataclass(frozen=True)
class Invocation:
    """One call of a Keras 3 `layer` on symbolic tensors, as Keras 2.15 made it.

    `tell` adds a line, its kind and its text, to the report: for what only the graph decides and no rule can.
    `old_dtype` is the dtype in Keras 2, where a rule changes it.
    """

    layer: Any
    inputs: Any
    kwargs: Mapping[str, Any]
    tell: Callable[[str, str], None] = _no_report
    old_dtype: str | None = None

    def on(self, inputs: Any, **kwargs: Any) -> Invocation:
        """The same call on other inputs, with further arguments by name; one of None is left out."""
        joined = {**self.kwargs, **kwargs}
        return replace(self, inputs=inputs, kwargs={key: value for key, value in joined.items() if value is not None})


Proceed = Callable[[Invocation], Any]
Apply = Callable[[Invocation, Proceed], Any]


def apply(name: str) -> Apply:
    """The function of the call decomposition `name`."""
    function: Apply = module(__name__, name).apply
    return function


def invoke(names: Sequence[str], invocation: Invocation) -> Any:
    """Call a layer through the decompositions of these names, outermost first."""
    if not names:
        return invocation.layer(invocation.inputs, **invocation.kwargs)
    return apply(names[0])(invocation, lambda inner: invoke(names[1:], inner))
