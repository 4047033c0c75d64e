"""Shapes that an architecture or a signature lacks, from the user's samples."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

Shape = tuple[int | None, ...]


def of_samples(path: Path | None) -> Mapping[str, Shape]:
    """The shape of each array in an NPZ, with any number of samples; nothing for a file that cannot be read."""
    if path is None:
        return {}
    try:
        with path.open("rb") as content, np.lib.npyio.NpzFile(content, allow_pickle=False) as arrays:
            return {name: (None, *arrays[name].shape[1:]) for name in arrays.files if arrays[name].ndim}
    except (OSError, ValueError, zipfile.BadZipFile):
        return {}


def completed(architecture: Mapping[str, Any], path: Path | None) -> Iterator[tuple[Mapping[str, Any], Shape]]:
    """The architecture of a Sequential model with the input shape that it lacks, first with axes of any length.

    Nothing if it has a shape, or the samples do not have one.
    """
    config = architecture.get("config", {})
    layers = config.get("layers") if isinstance(config, Mapping) else None
    if architecture.get("class_name") != "Sequential" or not layers or config.get("build_input_shape"):
        return
    first = layers[0].get("config", {})
    if "batch_input_shape" in first or "layers" in first:
        return
    shapes = of_samples(path)
    found = shapes.get("in0") or shapes.get(f"{first.get('name')}_input")
    shape = found or (next(iter(shapes.values())) if len(shapes) == 1 else ())
    for each in dict.fromkeys(((*(None for _ in shape[:-1]), *shape[-1:]), shape)):
        if len(each) > 1:
            first_layer = {**layers[0], "config": {**first, "batch_input_shape": list(each)}}
            yield {**architecture, "config": {**config, "layers": [first_layer, *layers[1:]]}}, each
