"""The one model that is meant of those that a model holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from interchange.errors import Exit, Failure


def part_of(model: Any, part: str | None) -> Any:
    """The model within a model at a path of names; the model itself without one.

    Raises `Failure(USAGE)` where there is no such model, and `Failure(REFUSED)` for one whose inputs nobody knows.
    """
    found = dict(_models(model, ()))
    if part is None:
        return model
    if part not in found:
        there = ", ".join(found)[:2000] or "none"
        raise Failure(Exit.USAGE, f"--part: {model.name} holds no model called {part}", f"models within it: {there}")
    if not getattr(found[part], "_is_graph_network", False):
        text = f"--part: {part} is of a custom class, whose inputs are unknown"
        raise Failure(Exit.REFUSED, text, "leave --part out: the whole model defines its inputs")
    return found[part]


def _models(model: Any, above: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield "/".join((*above, layer.name)), layer
            yield from _models(layer, (*above, layer.name))
