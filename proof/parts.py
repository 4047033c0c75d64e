"""What a `.keras` of Keras 3 consists of, to be changed and written as another file, and what a fault in it is."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

_CONFIG, _WEIGHTS = "config.json", "model.weights.h5"


@dataclass
class Parts:
    """The config, every tensor by its path, and every other member of the archive."""

    config: Any
    tensors: dict[str, np.ndarray]
    members: dict[str, bytes]

    @staticmethod
    def read(path: Path) -> Parts:
        """All of a file."""
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        tensors: dict[str, np.ndarray] = {}

        def keep(name: str, node: Any) -> None:
            if isinstance(node, h5py.Dataset) and "vars/" in name:
                tensors[name] = np.asarray(node[()])

        with h5py.File(io.BytesIO(members[_WEIGHTS])) as file:
            file.visititems(keep)
        return Parts(json.loads(members[_CONFIG]), tensors, members)

    def write(self, path: Path) -> None:
        """A file with these parts; what nobody changed is as it was."""
        weights = io.BytesIO(self.members[_WEIGHTS])
        with h5py.File(weights, "r+") as file:
            for name, tensor in self.tensors.items():
                if not np.array_equal(file[name][()], tensor):
                    file[name][...] = tensor
        changed = {_CONFIG: json.dumps(self.config).encode(), _WEIGHTS: weights.getvalue()}
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in {**self.members, **changed}.items():
                archive.writestr(name, data)

    def numbers(self) -> list[str]:
        """The paths of all tensors of floating numbers that are not empty, nor nothing but zeros."""
        return [name for name, tensor in self.tensors.items() if tensor.dtype.kind == "f" and tensor.any()]

    def nodes(self) -> Iterator[dict[str, Any]]:
        """Every object of the config that has a class, models inside of models and inside of layers included."""
        yield from (each for each in _dictionaries(self.config) if "class_name" in each and "config" in each)


def _dictionaries(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        for each in value.values():
            yield from _dictionaries(each)
    elif isinstance(value, list):
        for each in value:
            yield from _dictionaries(each)


Fault = Callable[[Parts, np.random.Generator], str]
"""Changes one thing in the parts and returns where, or raises `Nothing`."""


class Nothing(Exception):
    """The model has no place for this fault."""
