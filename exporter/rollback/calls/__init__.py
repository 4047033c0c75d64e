"""Calls of a Keras 2.15 layer that compute what Keras 3 does: a module defines `apply(invocation, proceed)`.

`apply` returns the outputs of one call of a layer; `proceed` runs the next module and at last the layer itself.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from translation.keras2_to_3.spec import Spec


@dataclass(frozen=True)
class Invocation:
    """One call of a Keras 2.15 `layer` on symbolic tensors, as Keras 3 made it; `spec` is that of the layer."""

    layer: Any
    inputs: Any
    kwargs: Mapping[str, Any]
    spec: Spec

    def on(self, inputs: Any, **kwargs: Any) -> Invocation:
        """The same call on other inputs, with further arguments by name; one of None is left out."""
        joined = {**self.kwargs, **kwargs}
        return replace(self, inputs=inputs, kwargs={key: value for key, value in joined.items() if value is not None})


Proceed = Callable[[Invocation], Any]
Apply = Callable[[Invocation, Proceed], Any]


def invoke(names: Sequence[str], invocation: Invocation, call: Proceed) -> Any:
    """Call a layer through the modules of these names, outermost first; the innermost is `call`."""
    if not names:
        return call(invocation)
    return _apply(names[0])(invocation, lambda inner: invoke(names[1:], inner, call))


def _apply(name: str) -> Apply:
    function: Apply = importlib.import_module(f"{__name__}.{name}").apply
    return function
