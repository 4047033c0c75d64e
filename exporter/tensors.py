"""The tensors of a file that holds weights, as they are stored: HDF5 in both layouts of Keras, or a checkpoint."""

from __future__ import annotations

import contextlib
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from exporter import checkpoints, describe, stored
from exporter.account import Account, require_none
from exporter.archive import contents
from exporter.archive import weights as counted
from exporter.vintages.facts import backend_of
from exporter.weights import pairs, restore
from interchange.errors import Exit, Failure, Problem, refused

_DESCRIBED = (
    "give the architecture that model.to_json() wrote with --architecture FILE.json: it says which layers these are, "
    "and what Theano means by padding='same'"
)
_VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"


@dataclass(frozen=True)
class Row:
    """A tensor at `place` of its file: `name` within the `group` of its layer, in the `layout` of the file.

    Where Keras 2.15 has loaded it, `variable` is the one that has it now, and `loaded` the path and name of that.
    `converted` is whether it has another form there: Keras 1 and CuDNN laid their weights out otherwise.
    """

    place: str
    layout: str
    group: str
    name: str
    loaded: tuple[str, ...] | None = None
    variable: Any = field(default=None, compare=False)
    converted: bool = False

    def to_json(self) -> dict[str, Any]:
        """The facts of the tensor in a bundle."""
        return {
            "place": self.place,
            "layout": self.layout,
            "group": self.group,
            "name": self.name,
            "loaded": None if self.loaded is None else list(self.loaded),
            "converted": self.converted,
        }


class Layers:
    """Every layer a group of its own name, which lists its weights: `save_weights("name.h5")`, and whole models."""

    def __init__(self, root: Any) -> None:
        self._root = root
        try:
            names = list(self._names())
        except KeyError as error:
            raise Failure(Exit.UNREADABLE, f"the file lists a layer that it does not hold: {error.args[0]}") from error
        self.rows = [Row(f"{group}/{name}", "layers", group, name) for group, name in names]
        if self._is_turned():
            text = "Theano trained these weights, which stores the kernels of convolutions turned around"
            raise refused([Problem("", "Theano", text)], text, _DESCRIBED)

    def _is_turned(self) -> bool:
        """Whether there is a kernel of a convolution, and Theano has stored it; Keras 1 names no backend."""
        rows = list(stored.rows(self._root))
        backend = stored.told(self._root, "backend") or backend_of([name for _, name, _ in rows])
        return backend == "theano" and any(len(shape) > 2 for _, _, shape in rows)

    def read(self, row: Row) -> np.ndarray:
        """The tensor of a row, in the form that Keras 2.15 reads it in, if it has."""
        return np.asarray(self._root[row.group][row.name] if row.variable is None else row.variable)

    def load(self, model: Any) -> None:
        """Give the model its weights as Keras 2.15 does, and note in the rows which it gives to whom.

        Raises `Failure(WEIGHTS)`.
        """
        restore(self._root, model, account := Account())
        account.check(model)
        variables = {id(variable): (*path, name) for path, name, variable in describe.variables(model)}
        filled, _ = pairs(self._root, model)
        self.rows = [row for layer, group in filled for row in self._placed(layer, group, variables)]

    def _placed(self, layer: Any, group: str, variables: Mapping[int, tuple[str, ...]]) -> Iterator[Row]:
        weights = [*layer.trainable_weights, *layer.non_trainable_weights]
        names = stored.ordered(weights, self._root, group)
        if len(names) != len(weights):  # those that Keras 1 had for each gate are one now
            names = [weight.name for weight in weights]
        for name, weight in zip(names, weights):
            converted = name not in self._root[group] or not _is_same(self._root[group][name], weight)
            yield Row(f"{group}/{name}", "layers", group, name, variables.get(id(weight)), weight, converted)

    def _names(self) -> Iterator[tuple[str, str]]:
        groups = [*stored.layers(self._root), *({stored.TOP} & set(self._root))]
        return ((group, name) for group in groups for name in stored.listed(self._root[group], "weight_names"))


class Containers:
    """Every layer counted under the name of its class: `save_weights("name.weights.h5")`, and `.keras` files."""

    def __init__(self, root: Any) -> None:
        self._root = root
        places = sorted((name.lstrip("/") for name in sorted(stored.arrays(root))), key=_natural)
        self.rows = [Row(place, "containers", "", place) for place in places]

    def read(self, row: Row) -> np.ndarray:
        """The tensor of a row."""
        return np.asarray(self._root[row.place])

    def load(self, model: Any) -> None:
        """Give the model its weights, in any of the three spellings of Keras 2. Raises `Failure(WEIGHTS)`."""
        counted.restore(model, contents.Archive.of({}, {}, contents.groups_of(self._root)), account := Account())
        account.check(model)


class Checkpoint:
    """A checkpoint of TensorFlow: layers that have weights are counted, what is in them is an attribute."""

    def __init__(self, prefix: Path) -> None:
        import tensorflow as tf

        self._prefix, self._reader = str(prefix), tf.train.load_checkpoint(str(prefix))
        places = sorted(self._reader.get_variable_to_shape_map(), key=_natural)
        self.rows = [Row(place, "checkpoint", "", place) for place in places if place.endswith(_VALUE)]

    def read(self, row: Row) -> np.ndarray:
        """The tensor of a row."""
        return np.asarray(self._reader.get_tensor(row.place))

    def load(self, model: Any) -> None:
        """Give the model its weights; there may be others as well. Raises `Failure(WEIGHTS)`."""
        checkpoints.restore(Path(self._prefix), model, {}, account := Account())
        require_none(account.unread(model))


Found = Layers | Containers | Checkpoint


@contextlib.contextmanager
def opened(path: Path, container: str) -> Iterator[Found]:
    """The weights at `path`, where the look has seen a `checkpoint`, a `keras` archive or HDF5."""
    import h5py

    if container == "checkpoint":
        yield Checkpoint(path.with_suffix(""))
        return
    if container == "keras":
        with zipfile.ZipFile(path) as zipped, contents.weights_of(zipped) as file:
            yield Containers(file)
        return
    with h5py.File(path, "r") as file:
        root = stored.listing(file)
        yield Containers(file) if root is None else Layers(root)


def _is_same(dataset: Any, variable: Any) -> bool:
    array, value = np.asarray(dataset), np.asarray(variable)
    return array.shape == value.shape and array.dtype == value.dtype and array.tobytes() == value.tobytes()


def _natural(place: str) -> list[tuple[str, int]]:
    """So that `dense_10` comes after `dense_2`."""
    parts = (re.fullmatch(r"(.*?)_?(\d*)", part) for part in contents.SEPARATORS.split(place))
    return [(found[1], int(found[2] or 0)) for found in parts if found]
