"""The layers of an architecture as a tree, each with the numbers that the file stores for it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from keras2to3.scanner.scanned_file import ScannedFile, StoredTensor

# The keys under which a layer has inner layers: those of a model, a wrapper, a recurrent layer.
_INNER = ("layers", "layer", "backward_layer", "cell", "cells")
_DEEPEST = 64  # slashes in the name of a layer


@dataclass(frozen=True)
class Layer:
    """One layer; `parameters` is None if the file does not show which of its tensors belong to the layer."""

    name: str
    class_name: str
    parameters: int | None = None
    layers: tuple[Layer, ...] = ()


def tree(scanned: ScannedFile) -> Layer | None:
    """The outermost model as a tree; None if the file has no architecture."""
    if scanned.architecture is None:
        return None
    root = _layer(scanned.architecture)
    prefix = scanned.source_format.root
    if prefix is None:
        return root
    stored = {tensor.name[len(prefix) :]: tensor for tensor in scanned.tensors if tensor.name.startswith(prefix)}
    return _counted(root, stored, scanned.format)


def _layer(entry: Mapping[str, Any]) -> Layer:
    config = entry.get("config")
    named: Mapping[str, Any] = config if isinstance(config, Mapping) else {}
    # In early versions a Sequential is a bare list of layers.
    inner = config if isinstance(config, list) else [item for key in _INNER for item in _listed(named.get(key))]
    name = named.get("name") or entry.get("name") or ""
    layers = tuple(_layer(item) for item in inner if isinstance(item, Mapping) and "class_name" in item)
    return Layer(str(name), str(entry.get("class_name")), layers=layers)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _counted(layer: Layer, stored: Mapping[str, StoredTensor], format_: str) -> Layer:
    """The layer with its number of parameters, and those of inner layers as far as the names of tensors show."""
    names = list(_stored_names(layer.layers)) if format_ == "keras" else [inner.name for inner in layer.layers]
    owned: dict[str, dict[str, StoredTensor]] = {name: {} for name in names}
    depths = sorted({name.count("/") for name in owned if name.count("/") < _DEEPEST}, reverse=True)
    for path, tensor in stored.items():
        if (owner := next((name for name in _groups(path, depths) if name in owned), None)) is not None:
            owned[owner][path[len(owner) + 1 :].removeprefix("layers/")] = tensor
    total = sum(math.prod(tensor.shape) for tensor in stored.values())
    layers = [_counted(inner, owned[name], format_) for name, inner in zip(names, layer.layers)]
    if sum(inner.parameters or 0 for inner in layers) != total:  # some are under a name of another kind
        layers = [inner if inner.parameters else _untold(inner) for inner in layers]
    return replace(layer, parameters=total, layers=tuple(layers))


def _groups(path: str, depths: Iterable[int]) -> Iterator[str]:
    """The groups of a tensor, the innermost first; of layers "a" and "a/b", as old names are, the longer one is meant.

    Only those that are so deep, as the names of layers are.
    """
    parts = path.split("/")
    yield from ("/".join(parts[: depth + 1]) for depth in depths if depth + 1 < len(parts))


def _untold(layer: Layer) -> Layer:
    return replace(layer, parameters=None, layers=tuple(_untold(inner) for inner in layer.layers))


def _stored_names(layers: Sequence[Layer]) -> Iterator[str]:
    """A `.keras` file names a layer by its class, and numbers layers of the same class."""
    seen: dict[str, int] = {}
    for layer in layers:
        name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", re.sub(r"\W+", "", layer.class_name))
        name = re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
        count = seen[name] = seen.get(name, -1) + 1
        yield f"{name}_{count}" if count else name
