"""Opens a `.keras` file of Keras 2, a zip archive with an architecture, weights as HDF5, and assets."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from interchange import json_members
from translation.keras2_to_2_15.archive import ASSETS, Archive

_WEIGHTS = "model.weights.h5"

CONFIG = "config.json"
"""The member that is the architecture, with how the model was compiled."""

TRAINING = "compile_config"
"""The key in it of how the model was compiled."""


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The archive at `path`, which the static look has found to be sound; arrays are read as long as it is open."""
    with zipfile.ZipFile(path) as file, weights_of(file) as weights:
        assets = {name: file.read(name) for name in file.namelist() if name.startswith(f"{ASSETS}/")}
        yield Archive.of(_architecture(file), assets, groups_of(weights))


def _architecture(file: zipfile.ZipFile) -> Any:
    """The config without how the model was compiled, which may be more than a parser can read."""
    return json.loads(json_members.without(file.read(CONFIG).decode("utf-8-sig"), TRAINING))


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
