"""A tensor in a file or a variable of a model, known by path, role and shape."""

from __future__ import annotations

import re
from dataclasses import dataclass

LAYERS, CONTAINERS, CHECKPOINT = "layers", "containers", "checkpoint"
"""The layouts of files: tensors named after layers, after classes with numbers, or only by numbers."""

FOLDER = "layers"
"""The folder of the layers of a model in files that number classes."""

_OLD_FOLDER, _VARIABLES = "layer_checkpoint_dependencies", "vars"
_VALUE = ".ATTRIBUTES"
_ATTENTION = {
    "query_dense": "query",
    "key_dense": "key",
    "value_dense": "value",
    "output_dense": "attention_output",
}
_ROOT = "top_level_model_weights"
_FOLDERS = {_OLD_FOLDER: FOLDER}


@dataclass(frozen=True)
class Tensor:
    """`role` of the layer at `path` (names, outermost first); `name` is what the report calls it.

    `backwards` is whether the layer reads its sequence from the end, None where nobody knows. `cell` is what the layer
    would be called if it had not been made of a cell, where it was.
    """

    name: str
    path: tuple[str, ...]
    role: str
    shape: tuple[int, ...]
    dtype: str = "float32"
    backwards: bool | None = None
    cell: str = ""


def stored(layout: str, group: str, name: str) -> tuple[tuple[str, ...], str]:
    """Path and role of a tensor of a file: `name` within the `group` of its layer.

    The path has the folders of layers as well, for an attribute may be called as a layer is counted.
    """
    parts = [part.lstrip("_") for part in re.split(r"[/\\]", name)]
    if layout == CONTAINERS:
        return layer_path(tuple(_FOLDERS.get(part, part) for part in parts[:-1] if part != _VARIABLES)), parts[-1]
    if layout == CHECKPOINT:
        return _in_checkpoint(parts)
    group = "" if group == _ROOT else group
    inner = parts[1:] if parts[0] == group.lstrip("_") and len(parts) > 1 else parts
    path = (group, *inner[:-1]) if group else tuple(inner[:-1])
    return path, inner[-1].partition(":")[0]


def _in_checkpoint(parts: list[str]) -> tuple[tuple[str, ...], str]:
    """`layer_with_weights-0/cell/kernel/.ATTRIBUTES/VARIABLE_VALUE`; a slot is named after its variable."""
    *path, role = parts[: parts.index(_VALUE)] if _VALUE in parts else parts
    return layer_path(tuple(path)), role


def without_folders(path: tuple[str, ...]) -> tuple[str, ...]:
    """A path of layers alone."""
    return tuple(part for part in path if part != FOLDER)


def layer_path(attributes: tuple[str, ...]) -> tuple[str, ...]:
    """A path of attributes, which are equal in Keras 2 and 3 except for private ones."""
    return tuple(_ATTENTION.get(part, part) for part in (part.lstrip("_") for part in attributes))
