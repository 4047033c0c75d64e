"""Opens a `.keras` file of Keras 2, a zip archive with an architecture, weights as HDF5, and assets."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from translation.keras2_to_2_15.archive import ASSETS, Archive

_WEIGHTS = "model.weights.h5"

CONFIG = "config.json"
"""The member that is the architecture, with how the model was compiled."""


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The archive at `path`, which the static look has found to be sound; arrays are read as long as it is open."""
    with zipfile.ZipFile(path) as file, weights_of(file) as weights:
        assets = {name: file.read(name) for name in file.namelist() if name.startswith(f"{ASSETS}/")}
        yield Archive.of(json.loads(file.read(CONFIG)), assets, groups_of(weights))


def weights_of(file: zipfile.ZipFile) -> Any:
    """The weights in an archive, an HDF5 file of their own, to be closed."""
    import h5py

    return h5py.File(io.BytesIO(file.read(_WEIGHTS)), "r")


def groups_of(weights: Any) -> dict[str, Any]:
    """The variables of every layer, by the name of its group: they lie in a group called `vars`."""
    found = {"": weights["vars"]} if "vars" in weights else {}

    def visit(name: str, item: Any) -> None:
        if name.endswith("/vars"):
            found[name.removesuffix("/vars")] = item

    weights.visititems(visit)
    return found
