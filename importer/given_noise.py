"""The noise that the old model was given, given to the new one as well: so both can be compared number by number."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from importer.operators.noise import source_name
from importer.restore import is_within
from interchange.bundle import Bundle
from interchange.errors import Problem, refused
from interchange.tensors import Array

_FILE = "noise.npz"
_Given = Mapping[tuple[int, ...], Array]


def is_given(bundle: Bundle) -> bool:
    """Whether the old model draws at random."""
    return _FILE in bundle.manifest.files


def give(model: Any, bundle: Bundle, left_out: Collection[tuple[str, ...]] = ()) -> None:
    """Let every source of noise in a model that was read back answer with what the bundle holds for it.

    What was drawn within `left_out`, paths of layers that the model has no more, is nobody's. Raises `Failure` where
    there is noise that the model does not draw.
    """
    if not is_given(bundle):
        return
    found: dict[tuple[tuple[str, ...], int], dict[tuple[int, ...], Array]] = {}
    for row in (row for row in bundle.rows(_FILE) if not is_within(row.facts["layer"], left_out)):
        key = tuple(row.facts["layer"]), int(row.facts["index"])
        found.setdefault(key, {})[tuple(row.shape)] = bundle.read(row)
    for (path, index), arrays in found.items():
        source = _source(model, path, index)
        if source is None:
            name, text = "/".join(path), "it draws at random in Keras 2, and nothing in its place does in Keras 3"
            raise refused([Problem(name, "", text)], f"{name}: {text}")
        source.call = _answering(arrays)


def _source(model: Any, path: Sequence[str], index: int) -> Any:
    """The source of a draw: beside the old layer's place, or inside what stands there."""
    place = model
    for step in path[:-1]:
        place = _child(place, step)
    inside = _child(place, path[-1])
    return _child(place, source_name(path[-1], index)) or _child(inside, source_name("", index))


def _child(layer: Any, step: str) -> Any:
    """A layer of a model by its name, or of another layer by its attribute."""
    if hasattr(layer, "layers"):
        return next((child for child in layer.layers if child.name == step.replace("/", "_")), None)
    return getattr(layer, step, None)


def _answering(arrays: _Given) -> Callable[..., Any]:
    def call(places: Any, **_: Any) -> Any:
        from keras import ops

        shape = tuple(places.shape)
        if shape not in arrays:
            raise ValueError(f"noise is drawn in the shape {shape}, and in {sorted(arrays)} by the old model")
        return ops.convert_to_tensor(arrays[shape], "float32")

    return call
