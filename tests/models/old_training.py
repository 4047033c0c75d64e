"""Files as older Keras laid out the state of an optimizer, made from those of Keras 2.15."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Tensors = Sequence[tuple[str, np.ndarray]]


def compiled_as(path: Path, change: Callable[[dict[str, Any]], Mapping[str, Any]]) -> None:
    """Change how the model of an HDF5 file was compiled."""
    import h5py

    with h5py.File(path, "a") as file:
        file.attrs["training_config"] = json.dumps(change(json.loads(file.attrs["training_config"]))).encode()


def laid_out(path: Path, change: Callable[[Tensors], Tensors]) -> None:
    """Change the tensors of an optimizer in an HDF5 file: their names, their order, and which there are."""
    import h5py

    with h5py.File(path, "a") as file:
        group = file["optimizer_weights"]
        names = [name.decode() if isinstance(name, bytes) else name for name in group.attrs["weight_names"]]
        tensors = change([(name, group[name][()]) for name in names])
        del file["optimizer_weights"]
        group = file.create_group("optimizer_weights")
        group.attrs["weight_names"] = [name.encode() for name, _ in tensors]
        for name, value in tensors:
            group[name] = value


def counted(name: str) -> Callable[[Tensors], Tensors]:
    """The names of Keras 2.0 to 2.3, which tell no weight: all but the first are numbered, `name` has the number."""
    return lambda tensors: [
        (tensors[0][0], tensors[0][1]),
        *((f"training/Adam/{name.format(number)}:0", value) for number, (_, value) in enumerate(tensors[1:])),
    ]
