"""Initializers that allocate only: what they draw or factorise is overwritten by restored weights a moment later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

# Random numbers, and the QR factorisation of Orthogonal; the other initializers derive from these or cost nothing.
COSTLY = ("RandomNormal", "RandomUniform", "TruncatedNormal", "VarianceScaling", "Orthogonal")

_is_drawing = False


def make_free(initializers: Any, zeros: Callable[[Any, Any], Any]) -> None:
    """Make the costly classes of a Keras module of `initializers` return `zeros(shape, dtype)` in this process.

    Configs still name the initializers.
    """
    for name in COSTLY:
        kind = getattr(initializers, name)
        kind.__call__ = _free(kind.__call__, zeros)


def _free(call: Callable[..., Any], zeros: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def initialised(self: Any, shape: Any, dtype: Any = None, **options: Any) -> Any:
        return call(self, shape, dtype, **options) if _is_drawing else zeros(shape, dtype)

    return initialised


@contextmanager
def drawing() -> Iterator[None]:
    """For the length of a `with` block initializers compute their values."""
    global _is_drawing  # noqa: PLW0603  (as wide as what `make_free` has changed)
    _is_drawing = True
    try:
        yield
    finally:
        _is_drawing = False
