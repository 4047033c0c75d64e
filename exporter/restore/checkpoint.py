"""The weights of a TensorFlow checkpoint, restored along the names of attributes: a SavedModel, or `save_weights`."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from exporter.restore.account import Account, require_none
from exporter.restore.object_graph import ENDING, LISTED, WAYS, ObjectGraph, Start, Walk
from exporter.restore.stored_weights import Shape, StoredWeight, natural, variable_paths
from interchange.error_text import cause
from interchange.errors import Exit, Failure, Problem, refused

_WITH_WEIGHTS = "layer_with_weights-"
_MOST_HOLDERS = 20
_HINT = "save the model again with model.save()"
_ONE_OF_SEVERAL = "select one with --part NAME and its architecture, in one run for each"

Restored = tuple[Start, Account]
"""Where a model was found, and what was read for it."""


class SavedModelWeights:
    """The variables of a SavedModel: the root of its checkpoint is the model."""

    def __init__(self, prefix: Path) -> None:
        self._prefix = prefix

    @cached_property
    def _graph(self) -> ObjectGraph:
        return ObjectGraph(self._prefix)

    def rows(self, _: Any = None) -> list[StoredWeight]:
        """Every variable; the names are paths of attributes, as in Keras 3."""
        places = sorted(self._graph.shapes, key=natural)
        return [StoredWeight(place, "checkpoint", "", place) for place in places if place.endswith(ENDING)]

    def read(self, row: StoredWeight) -> np.ndarray:
        """The tensor of a row."""
        return np.asarray(self._graph.tensor(row.place))

    def mean_shape(self, _: Mapping[str, Any], __: Mapping[str, Any]) -> Shape | None:
        """See `StoredWeights`."""
        mean = self._graph.children(self._graph.children(0).get("layer-0", 0)).get("mean")
        name = None if mean is None else self._graph.name(mean)
        return None if name is None else tuple(self._graph.shapes[name])

    def restore(self, model: Any, architecture: Mapping[str, Any], account: Account) -> None:
        """See `StoredWeights`."""
        self._restore_from(Start(), model, architecture, account)

    def _restore_from(self, start: Start, model: Any, architecture: Mapping[str, Any], account: Account) -> None:
        import tensorflow as tf

        try:
            walk = Walk(self._graph)
            walk.begin(start, model, architecture)
            require_none([problem for pair in walk.pairs if (problem := self._graph.misfit(*pair))], _HINT)
            for (variable, name), value in zip(walk.pairs, self._graph.tensors([name for _, name in walk.pairs])):
                variable.assign(value)
                account.reads(variable, [name])
        except (ValueError, RuntimeError, tf.errors.OpError) as error:
            raise Failure(Exit.WEIGHTS, f"the weights cannot be read: {cause(error)}", _HINT) from error
        account.stores(self._graph.stored)
        account.uses(walk.in_config)
        for layer in model._flatten_layers():  # Keras calls it for the outermost layers alone
            layer.finalize_state()


class CheckpointWeights(SavedModelWeights):
    """A checkpoint in which the model lies anywhere: in an attribute, by its layers, or as a list of its weights.

    `part` is the path of the model that is restored. With `complete`, everything but training has to be this model's;
    otherwise the checkpoint may hold other models as well.
    """

    def __init__(self, prefix: Path, part: str | None = None, *, complete: bool) -> None:
        super().__init__(prefix)
        self._part, self._complete = part, complete
        self._list: str | None = None

    def rows(self, model: Any = None) -> list[StoredWeight]:
        """Every variable; of a list of weights, whose names are numbers, also which of a restored model it became."""
        rows = super().rows()
        if model is None or self._list is None:
            return rows
        paths = variable_paths(model)
        numbered = iter([paths.get(id(variable)) for variable in model.weights])
        return [replace(row, loaded=next(numbered)) if _path(row)[0] == self._list else row for row in rows]

    def restore(self, model: Any, architecture: Mapping[str, Any], account: Account) -> None:
        """Restore the model from where it lies. See `StoredWeights`.

        Raises `Failure(REFUSED)` if everything has to be the model's, but there are several models and no `part`.
        """
        restored, missing = self._find(model, architecture)
        if self._complete:
            self._require_choice(restored)
        elif restored is None:
            restored = self._restore_list(model)
        if restored is None:
            require_none(missing)
        assert restored is not None  # nothing is missing
        account.include(restored[1])
        account.uses(self.others() if self._complete else self._graph.stored)

    def others(self) -> list[str]:
        """The variables outside of the part that is restored; none without a part."""
        outside = f"{self._part}/"
        return [] if self._part is None else [name for name in self._graph.stored if not name.startswith(outside)]

    def _find(self, model: Any, architecture: Mapping[str, Any]) -> tuple[Restored | None, list[Problem]]:
        """Restore a model from where all its weights lie; if nowhere, what is missing where most of them are."""
        paths = [self._part] if self._part is not None else ["", *self._holders()]
        nearest: list[Problem] = []
        for start in itertools.starmap(Start, itertools.product(paths, WAYS)):
            account = Account()
            missing = self._missing(start, model, architecture, account)
            if not missing:
                return (start, account), []
            nearest = missing if not nearest or len(missing) < len(nearest) else nearest
        return None, nearest

    def _missing(self, start: Start, model: Any, architecture: Mapping[str, Any], account: Account) -> list[Problem]:
        """Restore what there is from a start: weights of other shapes, or those that are missing."""
        try:
            self._restore_from(start, model, architecture, account)
        except Failure as failure:
            if failure.code is not Exit.WEIGHTS or not failure.problems:
                raise
            return list(failure.problems)
        return account.unread(model)

    def _restore_list(self, model: Any) -> Restored | None:
        """Restore a model from the one list that has as many weights, in the order of the model's."""
        paths = [_path(row) for row in self.rows()]
        names = {path[0] for path in paths if len(path) == 2 and path[1].isdecimal()}
        if len(names) != 1 or sum(path[0] in names for path in paths) != len(model.weights):
            return None
        start, account = Start(names.pop(), LISTED), Account()
        self._restore_from(start, model, {}, account)
        if account.unread(model):
            return None
        self._list = start.path
        return start, account

    def _require_choice(self, restored: Restored | None) -> None:
        """Refuse a checkpoint of several models of which none was chosen and none is the whole."""
        places = [row.place for row in self.rows()]
        models = [name for name in self._holders() if any(p.startswith(f"{name}/{_WITH_WEIGHTS}") for p in places)]
        if len(models) > 1 and self._part is None and (restored is None or restored[0].path):
            text = f"the checkpoint holds several models: {', '.join(models)}"
            problems = [Problem(name, "model", "it is one of several", unblock=_ONE_OF_SEVERAL) for name in models]
            raise refused(problems, text, _ONE_OF_SEVERAL)

    def _holders(self) -> list[str]:
        """The attributes of the root that may hold the model: all that have attributes with attributes."""
        paths = map(_path, self.rows())
        return list(dict.fromkeys(path[0] for path in paths if len(path) > 2))[:_MOST_HOLDERS]


def _path(row: StoredWeight) -> list[str]:
    return row.place.removesuffix(ENDING).split("/")
