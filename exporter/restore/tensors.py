"""The tensors of a file that holds weights, as they are stored: HDF5 in both layouts of Keras, or a checkpoint."""

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from exporter.describe import description
from exporter.restore import archive as counted
from exporter.restore import hdf5_weights, parts
from exporter.restore.account import Account
from exporter.restore.archive_file import groups_of, weights_of
from exporter.restore.checkpoint_tensors import Checkpoint
from exporter.restore.hdf5 import pairs, restore
from exporter.restore.numbered_tensors import Numbered
from exporter.restore.tensor_rows import Row, natural
from interchange.errors import Problem, refused
from translation.keras1_to_2.file_facts import backend_of
from translation.keras2_to_2_15.archive import Archive

_DESCRIBED = (
    "give the architecture that model.to_json() wrote with --architecture FILE.json: it says which layers these are, "
    "and what Theano means by padding='same'"
)


class Layers:
    """Every layer a group of its own name, which lists its weights: `save_weights("name.h5")`, and whole models."""

    def __init__(self, root: Any, part: str | None = None) -> None:
        self._root, self._part = root, part
        self.rows = [Row(f"{group}/{name}", "layers", group, name) for group, name in self._names()]
        self.rows += [Row(name, "layers", "", name) for name in self._unlisted()]
        if self._is_turned():
            text = "these weights were trained with Theano, which stores the kernels of convolutions rotated"
            raise refused([Problem("", "Theano", text)], text, _DESCRIBED)

    def _is_turned(self) -> bool:
        """Whether there is a kernel of a convolution, and Theano has stored it; Keras 1 names no backend."""
        rows = list(hdf5_weights.rows(self._root))
        backend = hdf5_weights.told(self._root, "backend") or backend_of([name for _, name, _ in rows])
        return backend == "theano" and any(len(shape) > 2 for _, _, shape in rows)

    def read(self, row: Row) -> np.ndarray:
        """The tensor of a row, in the form that Keras 2.15 reads it in, if it has."""
        if row.variable is not None:
            return np.asarray(row.variable)
        return np.asarray(self._root[row.group][row.name] if row.group else self._root[row.name])

    def load(self, model: Any) -> None:
        """Give the model its weights as Keras 2.15 does, and note in the rows which it gives to whom.

        Raises `Failure(WEIGHTS)`.
        """
        variables = {id(variable): (*path, name) for path, name, variable in description.variables(model)}
        if self._part is not None:
            self._load_part(model, self._part, variables)
            return
        restore(self._root, model, account := Account())
        account.check(model)
        filled, _ = pairs(self._root, model)
        self.rows = [row for layer, group in filled for row in self._placed(layer, group, variables)]

    def _load_part(self, model: Any, part: str, variables: Mapping[int, tuple[str, ...]]) -> None:
        """Give a model the weights of the model within the stored one that is called so."""
        parts.restore(self._root, model, part, Account())
        others = [row for row in self.rows if row.group != part]
        self.rows = [*others, *self._placed(model, part, variables)]

    def _unlisted(self) -> list[str]:
        """Arrays that no layer lists, by their places below the root."""
        loose = sorted(hdf5_weights.arrays(self._root) - set(hdf5_weights.claimed(self._root)))
        return [name.removeprefix(self._root.name).lstrip("/") for name in loose]

    def _placed(self, layer: Any, group: str, variables: Mapping[int, tuple[str, ...]]) -> Iterator[Row]:
        weights = [*layer.trainable_weights, *layer.non_trainable_weights]
        names = hdf5_weights.ordered(weights, self._root, group)
        if len(names) != len(weights):  # those that Keras 1 had for each gate are one now
            names = [weight.name for weight in weights]
        for name, weight in zip(names, weights):
            converted = name not in self._root[group] or not _is_same(self._root[group][name], weight)
            yield Row(f"{group}/{name}", "layers", group, name, variables.get(id(weight)), weight, converted)

    def _names(self) -> Iterator[tuple[str, str]]:
        groups = [*hdf5_weights.layers(self._root), *({hdf5_weights.TOP} & set(self._root))]
        return ((group, name) for group in groups for name in hdf5_weights.listed(self._root[group], "weight_names"))


class Containers:
    """Every layer counted under the name of its class: `save_weights("name.weights.h5")`, and `.keras` files."""

    def __init__(self, root: Any, part: str | None = None) -> None:
        self._root, self._part = root, part
        places = sorted((name.lstrip("/") for name in sorted(hdf5_weights.arrays(root))), key=natural)
        self.rows = [Row(place, "containers", "", place) for place in places]

    def read(self, row: Row) -> np.ndarray:
        """The tensor of a row."""
        return np.asarray(self._root[row.place])

    def load(self, model: Any) -> None:
        """Give the model its weights, in any of the three spellings of Keras 2. Raises `Failure(WEIGHTS)`."""
        groups = groups_of(self._root)
        if self._part is not None:
            groups = parts.below(groups, self._part)
        counted.restore(model, Archive.of({}, {}, groups), account := Account())
        account.check(model)


Found = Layers | Containers | Checkpoint | Numbered


@contextlib.contextmanager
def opened(path: Path, container: str, part: str | None = None) -> Iterator[Found]:
    """The weights at `path`, where the look has seen a `checkpoint`, a `keras` archive or HDF5.

    Of a file that holds several models a `part` is the one that is loaded.
    """
    import h5py

    if container == "checkpoint":
        yield Checkpoint(path.with_suffix(""), part)
        return
    if container == "keras":
        with zipfile.ZipFile(path) as zipped, weights_of(zipped) as file:
            yield Containers(file, part)
        return
    with h5py.File(path, "r") as file:
        if Numbered.is_in(file):
            yield Numbered(file)
            return
        root = hdf5_weights.listing(file)
        yield Containers(file, part) if root is None else Layers(root, part)


def _is_same(dataset: Any, variable: Any) -> bool:
    array, value = np.asarray(dataset), np.asarray(variable)
    return array.shape == value.shape and array.dtype == value.dtype and array.tobytes() == value.tobytes()
