"""The tensors of a checkpoint of TensorFlow that holds a model, and how Keras 2.15 reads them into it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from exporter.describe import description
from exporter.restore import checkpoint
from exporter.restore.account import Account, require_none
from exporter.restore.tensor_rows import Row, natural
from interchange.errors import Exit, Failure, Problem

_VALUE = "/.ATTRIBUTES/VARIABLE_VALUE"
_LAYER = "layer_with_weights-"
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
        start, lacking = self.find(model, {})
        if start is None and not self._load_list(model):
            require_none(lacking)

    def find(self, model: Any, architecture: Mapping[str, Any]) -> tuple[checkpoint.Start | None, list[Problem]]:
        """Where every weight of a model lies, which it has then; if that is nowhere, what lacks where most of them are.

        `architecture` has the layers in the order of the file, if it is known.
        """
        places = [self._part] if self._part is not None else ["", *self._holders()]
        nearest: list[Problem] | None = None
        for start in itertools.starmap(checkpoint.Start, itertools.product(places, checkpoint.WAYS)):
            lacking = self._lacking(model, architecture, start)
            if not lacking:
                return start, []
            nearest = lacking if nearest is None or len(lacking) < len(nearest) else nearest
        return None, nearest or []

    def _lacking(self, model: Any, architecture: Mapping[str, Any], start: checkpoint.Start) -> list[Problem]:
        """What speaks against a model's lying there: weights of other shapes, or none."""
        account = Account()
        try:
            checkpoint.restore(Path(self._prefix), model, architecture, account, start)
        except Failure as failure:
            if failure.code is not Exit.WEIGHTS or not failure.problems:
                raise
            return list(failure.problems)
        return account.unread(model)

    def models(self) -> list[str]:
        """What holds the layers of a model, as far as Keras has counted them."""
        return [name for name in self._holders() if any(row.place.startswith(f"{name}/{_LAYER}") for row in self.rows)]

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
        start = checkpoint.Start(lists.pop(), checkpoint.LISTED)
        checkpoint.restore(Path(self._prefix), model, {}, account := Account(), start)
        if account.unread(model):
            return False
        places = {id(variable): (*path, name) for path, name, variable in description.variables(model)}
        loaded = {row.place: places.get(id(variable)) for row, variable in zip(found, model.weights)}
        self.rows = [replace(row, loaded=loaded.get(row.place)) for row in self.rows]
        return True
