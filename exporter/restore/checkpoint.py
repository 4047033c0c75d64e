"""The weights of a TensorFlow checkpoint, restored along the names of attributes: a SavedModel, or `save_weights`."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from exporter.keras2.lookup_layers import is_lookup
from exporter.restore.account import Account, require_none
from exporter.restore.object_graph import ENDING, ObjectGraph
from exporter.restore.stored_weights import Shape, StoredWeight, natural, variable_paths
from interchange.error_text import cause
from interchange.errors import Exit, Failure, Problem, refused
from translation.config_tree import is_model
from translation.keras2_to_2_15.archive_paths import counted_layers

# `layer_with_weights-0` is another layer in the file if there are lookups: there a vocabulary counts as a weight.
_COUNTED = re.compile(r"layer(_with_weights)?-\d+")
_WITH_WEIGHTS = "layer_with_weights-"
_MOST_HOLDERS = 20
_HINT = "save the model again with model.save()"
_ONE_OF_SEVERAL = "select one with --part NAME and its architecture, in one run for each"

WAYS = COUNTED, NAMED = ("counted", "named")
LISTED = "listed"
"""How a checkpoint holds a model: its layers as Keras counts them, or each by its name; or its weights in a list."""


@dataclass(frozen=True)
class Start:
    """Where in a checkpoint a model lies: `path` is that of attributes, joined by slashes."""

    path: str = ""
    way: str = COUNTED


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
            walk = _Walk(self._graph)
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


@dataclass
class _Walk:
    """A walk through a model and the objects of a checkpoint together.

    `pairs` are variables with the names of their values; `in_config` are names whose values the config has as well.
    """

    graph: ObjectGraph
    pairs: list[tuple[Any, str]] = field(default_factory=list)
    in_config: list[str] = field(default_factory=list)
    _seen: set[tuple[int, int]] = field(default_factory=set)

    def begin(self, start: Start, model: Any, architecture: Any) -> None:
        """Walk through the model from where it lies; without pairs if there is no such place."""
        node: int | None = 0
        for name in filter(None, start.path.split("/")):
            node = None if node is None else self.graph.children(node).get(name)
        if node is None:
            return
        if start.way == COUNTED:
            self.go(node, model, architecture)
            return
        held = [(layer.name, layer) for layer in model.layers]
        if start.way == LISTED:
            held = [(str(number), variable) for number, variable in enumerate(model.weights)]
        for name, item in held:
            if (child := self.graph.children(node).get(name)) is not None:
                self.go(child, item, None)

    def go(self, node: int, item: Any, entry: Any) -> None:
        """One layer or variable and all below it: `node` in the checkpoint, `entry` in the architecture."""
        import tensorflow as tf

        if (node, id(item)) in self._seen:
            return
        self._seen.add((node, id(item)))
        if isinstance(item, tf.Variable):
            self.pairs += [(item, name) for name in self.graph.names([node])]
            return
        if is_lookup(item):
            self.in_config += self.graph.names(self.graph.reachable([node]))
        for name, child, inner in _children(item, entry):
            if (child_node := self.graph.children(node).get(name)) is not None:
                self.go(child_node, child, inner)


def _children(item: Any, entry: Any) -> Iterator[tuple[str, Any, Any]]:
    """What an object holds, by the name in a checkpoint, with its entry in the architecture."""
    config = entry.get("config") if isinstance(entry, Mapping) else None
    for number, (layer, inner) in enumerate(_layers(item, entry)):
        yield f"layer-{number}", layer, inner
    for name, child in item._trackable_children().items():
        if not _COUNTED.fullmatch(name):
            yield name, child, config.get(name) if isinstance(config, Mapping) else None


def _layers(model: Any, entry: Any) -> list[tuple[Any, Any]]:
    """The layers of a model that counts them, in the order in which it was saved if an entry has that."""
    if not hasattr(model, "_layer_checkpoint_dependencies"):
        return []
    if not is_model(entry):
        return [(layer, None) for layer in model.layers]
    layers = {layer.name: layer for layer in model.layers}
    return [(layers[inner["config"]["name"]], inner) for inner in counted_layers(entry)]
