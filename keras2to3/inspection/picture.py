"""The picture of a model by what its file says, whether or not it may be migrated."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from interchange.messages.details import Picture
from keras2to3.inspection.layers import Layer, tree
from keras2to3.scanner.examine import examine
from keras2to3.scanner.separate_architecture import combine
from translation import pictures
from translation.pictures import Known


def picture(path: Path, architecture: Path | None = None) -> Picture | None:
    """The layers of a source, None if its file names none; the `architecture` belongs to a file of weights alone.

    Raises `Failure` for a file that cannot be read.
    """
    scanned = examine(path) if architecture is None else combine(examine(path), examine(architecture))
    root = tree(scanned)
    numbers = {} if root is None else dict(_numbers(root, ()))
    return pictures.picture(scanned.architecture, Known(numbers=numbers))


def _numbers(model: Layer, path: pictures.Path) -> Iterator[tuple[pictures.Path, int]]:
    """How many numbers there are in each layer below a model, as far as the file shows it."""
    for layer in model.layers:
        place = (*path, layer.name)
        yield place, layer.parameters or 0
        yield from _numbers(layer, place)
