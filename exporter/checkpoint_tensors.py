"""The tensors of a checkpoint of TensorFlow that holds a model, and how Keras 2.15 reads them into it."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from exporter import checkpoints, describe
from exporter.account import Account, require_none
from exporter.tensor_rows import Row, natural
from interchange.errors import Problem

_VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
_MOST_HOLDERS = 20


class Checkpoint:
    """A checkpoint of TensorFlow: layers that have weights are counted, what is in them is an attribute."""

    def __init__(self, prefix: Path, part: str | None = None) -> None:
        import tensorflow as tf

        self._prefix, self._reader = str(prefix), tf.train.load_checkpoint(str(prefix))
        places = sorted(self._reader.get_variable_to_shape_map(), key=natural)
        self.rows = [Row(place, "checkpoint", "", place) for place in places if place.endswith(_VALUE)]
        self._part = part

    def read(self, row: Row) -> np.ndarray:
        """The tensor of a row."""
        return np.asarray(self._reader.get_tensor(row.place))

    def load(self, model: Any) -> None:
        """Give the model its weights, wherever in the checkpoint they lie; there may be others as well.

        Raises `Failure(WEIGHTS)` with what lacks where most of them are.
        """
        places = [self._part] if self._part is not None else ["", *self._holders()]
        nearest: list[Problem] | None = None
        for below, way in itertools.product(places, checkpoints.WAYS):
            checkpoints.restore(Path(self._prefix), model, {}, account := Account(), checkpoints.Start(below, way))
            lacking = account.unread(model)
            if not lacking:
                return
            nearest = lacking if nearest is None or len(lacking) < len(nearest) else nearest
        if not self._load_list(model):
            require_none(nearest or [])

    def _holders(self) -> list[str]:
        """What may hold the model: whatever there is in the checkpoint that holds anything itself."""
        paths = [row.place.removesuffix(_VALUE).split("/") for row in self.rows]
        return list(dict.fromkeys(path[0] for path in paths if len(path) > 2))[:_MOST_HOLDERS]

    def _load_list(self, model: Any) -> bool:
        """Give the model the weights of a list that holds as many and nothing else: it has the order of the model's."""
        paths = [row.place.removesuffix(_VALUE).split("/") for row in self.rows]
        lists = {path[0] for path in paths if len(path) == 2 and path[1].isdecimal()}
        found = [row for row, path in zip(self.rows, paths) if path[0] in lists]
        if len(lists) != 1 or len(found) != len(model.weights):
            return False
        start = checkpoints.Start(lists.pop(), checkpoints.LISTED)
        checkpoints.restore(Path(self._prefix), model, {}, account := Account(), start)
        if account.unread(model):
            return False
        places = {id(variable): (*path, name) for path, name, variable in describe.variables(model)}
        loaded = {row.place: places.get(id(variable)) for row, variable in zip(found, model.weights)}
        self.rows = [replace(row, loaded=loaded.get(row.place)) for row in self.rows]
        return True
