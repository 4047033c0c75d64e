"""Layers of one model that share a name: Keras 2.15 silently takes them for one layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from interchange.errors import Problem, refused
from translation.config_tree import Located, layers_of, name_of, objects

_UNBLOCK = "Give every layer a name of its own in Keras 2, and save the model again."


def check_unique(architecture: Mapping[str, Any]) -> None:
    """Refuse an architecture in which two layers of one model have the same name, at any depth, all of it at once."""
    problems = [problem for each in objects(architecture) for problem in _shared(each)]
    if problems:
        raise refused(problems, f"layers of one model have the same name; the first: {problems[0]}")


def _shared(model: Located) -> Iterator[Problem]:
    """A problem for each name that several layers of a model have."""
    layers = [layer for layer in layers_of(model.entry) if isinstance(layer, Mapping)]
    counts = Counter(name for name in map(_connected_as, layers) if name)
    for name in sorted(name for name, count in counts.items() if count > 1):
        kind = next(str(layer.get("class_name")) for layer in layers if _connected_as(layer) == name)
        text = f"{counts[name]} layers have this name, so its connections are ambiguous"
        yield Problem(model.shown / name, kind, text, "name", name, _UNBLOCK)


def _connected_as(layer: Mapping[str, Any]) -> str:
    """What the connections of a model call a layer."""
    return str(layer.get("name") or name_of(layer))
