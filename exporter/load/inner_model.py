"""Select the nested model that `--part` names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from interchange.errors import Exit, Failure


def part_of(model: Any, part: str) -> Any:
    """The nested model at a path of names.

    Raises `Failure(USAGE)` if there is no such model, and `Failure(REFUSED)` for one whose inputs are unknown.
    """
    models = dict(_models(model, ()))
    if part not in models:
        nested = ", ".join(models)[:2000] or "none"
        raise Failure(Exit.USAGE, f"--part: {model.name} holds no model called {part}", f"models within it: {nested}")
    if not getattr(models[part], "_is_graph_network", False):
        text = f"--part: {part} is of a custom class, whose inputs are unknown"
        raise Failure(Exit.REFUSED, text, "leave --part out: the whole model defines its inputs")
    return models[part]


def _models(model: Any, above: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    import keras

    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield "/".join((*above, layer.name)), layer
            yield from _models(layer, (*above, layer.name))
