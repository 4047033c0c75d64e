"""What lies in a `.keras` file of Keras 2: the architecture, the weights by the places of their layers, and assets."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Place = tuple[str, ...]
"""Where a layer's state lies, as `("layers", "bidirectional", "forward_layer", "cell")`."""

_OLD = "_layer_checkpoint_dependencies"  # what Keras 2.12 and 2.13 call `layers`
SEPARATORS = re.compile(r"[/\\]")
"""Keras on Windows joins the names of groups with backslashes."""

_WEIGHTS, _CONFIG, _ASSETS = "model.weights.h5", "config.json", "assets"


# How a model was compiled has state as well, which is not carried.
TRAINING = frozenset({"optimizer", "metrics", "_metrics"})


def named(place: Place, key: str) -> str:
    """What a tensor is called: the place of its layer, and its number there."""
    return "/".join((*place, key))


@dataclass(frozen=True)
class Archive:
    """The parts of a file by their places: `groups` has one of weights for every layer, also for those without any.

    With `gaps` the layers of a class are not numbered one by one: Keras 2.12 and 2.13 count a layer with weights twice.
    """

    architecture: Mapping[str, Any]
    assets: Mapping[Place, bytes] = field(default_factory=dict)
    groups: Mapping[Place, Mapping[str, Any]] = field(default_factory=dict)
    gaps: bool = False

    @classmethod
    def of(
        cls, architecture: Mapping[str, Any], assets: Mapping[str, bytes], groups: Mapping[str, Mapping[str, Any]]
    ) -> Archive:
        """Sorts assets by their names in the archive, and groups of variables by the names of the layers' groups."""
        gaps = any(_OLD in name for name in (*assets, *groups))
        placed = {_place(name.removeprefix(f"{_ASSETS}/")): content for name, content in assets.items()}
        return cls(architecture, placed, {_place(name): group for name, group in groups.items()}, gaps)

    @property
    def tensors(self) -> list[str]:
        """The names of all tensors but those of training."""
        kept = (place for place in sorted(self.groups) if not TRAINING & set(place))
        return [named(place, key) for place in kept for key in self.groups[place]]


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """The archive at `path`, which the static look has found to be sound; arrays are read as long as it is open."""
    with zipfile.ZipFile(path) as file, weights_of(file) as weights:
        assets = {name: file.read(name) for name in file.namelist() if name.startswith(f"{_ASSETS}/")}
        yield Archive.of(json.loads(file.read(_CONFIG)), assets, groups_of(weights))


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


def _place(name: str) -> Place:
    parts = SEPARATORS.split(name) if name else []
    return tuple("layers" if part == _OLD else part for part in parts)
