"""The tensors of an HDF5 file that holds weights, as they are stored, in both layouts of Keras."""

from __future__ import annotations

import contextlib
import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from exporter import describe, stored
from exporter.build import first_line
from exporter.weights import pairs, restore
from interchange.errors import Exit, Failure

_ZIPPED = "model.weights.h5"  # the weights in a `.keras`
_SEPARATOR = re.compile(r"[/\\]")


@dataclass(frozen=True)
class Row:
    """A tensor at `place` of its file: `name` within the `group` of its layer, in the `layout` of the file.

    `loaded` is the path and name of the variable that Keras 2.15 gives it to; None where that was not asked.
    """

    place: str
    layout: str
    group: str
    name: str
    loaded: tuple[str, ...] | None = None

    def to_json(self) -> dict[str, Any]:
        """The facts of the tensor in a bundle."""
        loaded = None if self.loaded is None else list(self.loaded)
        return {"place": self.place, "layout": self.layout, "group": self.group, "name": self.name, "loaded": loaded}


class Layers:
    """Every layer a group of its own name, which lists its weights: `save_weights("name.h5")`, and whole models."""

    def __init__(self, root: Any) -> None:
        self._root = root
        try:
            names = list(self._names())
        except KeyError as error:
            raise Failure(Exit.UNREADABLE, f"the file lists a layer that it does not hold: {error.args[0]}") from error
        self.rows = [Row(f"{group}/{name}", "layers", group, name) for group, name in names]

    def read(self, row: Row) -> np.ndarray:
        """The tensor of a row."""
        return np.asarray(self._root[row.group][row.name])

    def load(self, model: Any) -> None:
        """Give the model its weights as Keras 2.15 does, and note in the rows which it gives to whom.

        Raises `Failure(WEIGHTS)`.
        """
        restore(self._root, model)
        variables = {id(variable): (*path, name) for path, name, variable in describe.variables(model)}
        filled, _ = pairs(self._root, model)
        self.rows = [row for layer, group in filled for row in self._placed(layer, group, variables)]

    def _placed(self, layer: Any, group: str, variables: Mapping[int, tuple[str, ...]]) -> Iterator[Row]:
        weights = [*layer.trainable_weights, *layer.non_trainable_weights]
        names = stored.ordered(weights, self._root, group)
        told = weights if len(names) == len(weights) else [None] * len(names)  # those of Keras 1 are joined
        for name, weight in zip(names, told):
            yield Row(f"{group}/{name}", "layers", group, name, variables.get(id(weight)))

    def _names(self) -> Iterator[tuple[str, str]]:
        groups = [*stored.layers(self._root), *({stored.TOP} & set(self._root))]
        return ((group, name) for group in groups for name in stored.listed(self._root[group], "weight_names"))


class Containers:
    """Every layer counted under the name of its class: `save_weights("name.weights.h5")`, and `.keras` files."""

    def __init__(self, root: Any, store: Any) -> None:
        self._root, self._store = root, store
        places = sorted(_datasets(root), key=_natural)
        self.rows = [Row(place, "containers", "", place) for place in places]

    def read(self, row: Row) -> np.ndarray:
        """The tensor of a row."""
        return np.asarray(self._root[row.place])

    def load(self, model: Any) -> None:
        """Give the model its weights as Keras 2.15 does. Raises `Failure(WEIGHTS)`."""
        from keras.src.saving import saving_lib

        try:
            saving_lib._load_state(model, self._store(), None, "", visited_trackables=set())
        except (ValueError, KeyError, OSError, TypeError) as error:
            raise Failure(Exit.WEIGHTS, f"the weights do not fit the architecture: {first_line(error)}") from error


Found = Layers | Containers


@contextlib.contextmanager
def opened(path: Path, container: str) -> Iterator[Found]:
    """The weights at `path`, where the look has seen a `keras` archive or HDF5."""
    import h5py
    from keras.src.saving import saving_lib

    if container == "keras":
        with zipfile.ZipFile(path) as archive, h5py.File(io.BytesIO(archive.read(_ZIPPED))) as file:
            yield Containers(file, lambda: saving_lib.H5IOStore(_ZIPPED, archive))
        return
    with h5py.File(path, "r") as file:
        root = file.get("model_weights", file)
        listed = any(key.startswith("layer_names") for key in root.attrs)
        yield Layers(root) if listed else Containers(file, lambda: saving_lib.H5IOStore(path))


def _datasets(group: Any, path: str = "") -> Iterator[str]:
    """Places of all datasets below a group; the static look has refused links before."""
    import h5py

    for name, item in group.items():
        place = f"{path}/{name}".lstrip("/")
        if isinstance(item, h5py.Group):
            yield from _datasets(item, place)
        else:
            yield place


def _natural(place: str) -> list[tuple[str, int]]:
    """So that `dense_10` comes after `dense_2`."""
    parts = (re.fullmatch(r"(.*?)_?(\d*)", part) for part in _SEPARATOR.split(place))
    return [(found[1], int(found[2] or 0)) for found in parts if found]
