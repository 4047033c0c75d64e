"""Layers of one model that share a name: Keras 2.15 takes them for one and the same layer, without a word."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from interchange.errors import Problem, refused
from translation.config_tree import layers_of

_UNBLOCK = "Give every layer a name of its own in Keras 2, and save the model again."


def check_unique(architecture: Mapping[str, Any]) -> None:
    """Refuse an architecture in which two layers of one model have the same name, at any depth, all of it at once."""
    problems = list(_shared(architecture, None))
    if problems:
        raise refused(problems, f"layers of one model have the same name; the first: {problems[0]}")


def _shared(value: Any, path: str | None) -> Iterator[Problem]:
    """Names that stand twice in one model; `path` is None for the outermost, whose own name is in no path."""
    if isinstance(value, list):
        for item in value:
            yield from _shared(item, path)
    elif isinstance(value, Mapping):
        if "class_name" in value:
            path = "" if path is None else f"{path}/{_name(value) or ''}".strip("/")
            yield from _within(value, path)
        for item in value.values():
            yield from _shared(item, path)


def _within(model: Mapping[str, Any], path: str) -> Iterator[Problem]:
    layers = [layer for layer in layers_of(model) if isinstance(layer, Mapping)]
    counts = Counter(name for name in map(_name, layers) if name)
    for name in sorted(name for name, count in counts.items() if count > 1):
        kind = next(str(layer.get("class_name")) for layer in layers if _name(layer) == name)
        text = f"{counts[name]} layers have this name, so its connections are ambiguous"
        yield Problem(f"{path}/{name}".lstrip("/"), kind, text, "name", name, _UNBLOCK)


def _name(layer: Mapping[str, Any]) -> str | None:
    """What the connections of a model call a layer; a Sequential of the first years has it in its config alone."""
    config = layer.get("config")
    name = layer.get("name") or (config.get("name") if isinstance(config, Mapping) else None)
    return name if isinstance(name, str) else None
