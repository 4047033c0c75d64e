"""The gradient of an embedding, which TensorFlow gives row by row: an id that stands twice in a batch has two rows.

Keras 2 adds them up before an optimizer squares them. Keras 3 does not, under TensorFlow, unless the gradient is a
whole matrix, which a penalty of zero makes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from interchange.messages.changes import Change
from translation.keras2_to_3.configs import kind_of
from translation.keras2_to_3.spec import Graph, Placed, Spec

_KEY = "embeddings_regularizer"
# These only add gradients up, so it does not matter when that is done.
_LINEAR = frozenset({"SGD", "Lion"})
# These of the older generation leave the rows of other ids alone, some only with a momentum.
_BY_ROWS = frozenset({"Adadelta", "Adamax", "Ftrl"})
_BY_ROWS_WITH_MOMENTUM = frozenset({"RMSprop", "SGD"})
_CLIPPING = ("clipnorm", "clipvalue", "global_clipnorm")

WHOLE = "an L2 penalty of 0 added: with it, TensorFlow adds up the gradients of an id that a batch has twice"
CLIPPED = "Keras 2 clips the gradients of an id that a batch has twice one by one, Keras 3 their sum"
ROWS = "Keras 2 moves the rows of those ids that a batch has, Keras 3 moves all rows"


def with_whole_gradients(graph: Graph, optimizer: Any) -> tuple[Graph, list[Change]]:
    """A model that has a penalty of zero on each embedding it trains, if its optimizer asks for that.

    `optimizer` is what Keras 2.15 says of it in `get_compile_config()`. The changes also tell what stays different.
    """
    name, config, is_legacy = _named(optimizer)
    found = _Embeddings(name not in _LINEAR)
    made = found.graph(graph)
    if not found.paths:
        return graph, []
    changes = [Change(path, "Embedding", "structural", WHOLE) for path in found.penalised]
    first = found.paths[0]
    if is_legacy and (name in _BY_ROWS or (name in _BY_ROWS_WITH_MOMENTUM and config.get("momentum"))):
        changes.append(Change(first, name, "training-only", ROWS))
    if name not in _LINEAR and any(config.get(key) is not None for key in _CLIPPING):
        changes.append(Change(first, name, "training-only", CLIPPED))
    return made, changes


def _named(optimizer: Any) -> tuple[str, Mapping[str, Any], bool]:
    """The class of an optimizer, its config, and whether it is of the older generation; the one within a loss scale."""
    if isinstance(optimizer, str):
        return {"sgd": "SGD", "lion": "Lion"}.get(optimizer.lower(), optimizer), {}, False
    config = optimizer.get("config") or {}
    if "inner_optimizer" in config:
        return _named(config["inner_optimizer"])
    return str(optimizer["class_name"]), config, kind_of("optimizer", optimizer) == "legacy_optimizers"


class _Embeddings:
    """Walks a model: `paths` are its embeddings that are trained, `penalised` those that got a penalty of zero."""

    def __init__(self, is_wanted: bool) -> None:
        self._is_wanted = is_wanted
        self.paths: list[str] = []
        self.penalised: list[str] = []

    def graph(self, graph: Graph) -> Graph:
        if not graph.trainable:
            return graph
        layers = tuple(self._placed(placed) for placed in graph.layers)
        return replace(graph, layers=layers)

    def _placed(self, placed: Placed) -> Placed:
        return replace(placed, item=self._value(placed.item))

    def _value(self, value: Any) -> Any:
        if isinstance(value, Graph):
            return self.graph(value)
        if isinstance(value, Spec):
            return self._spec(value)
        return [self._value(item) for item in value] if isinstance(value, list) else value

    def _spec(self, spec: Spec) -> Spec:
        if spec.kind != "layers" or not spec.trainable:
            return spec
        if spec.class_name != "Embedding" or spec.own:
            return replace(spec, config={key: self._value(value) for key, value in spec.config.items()})
        self.paths.append(spec.path)
        if not self._is_wanted or spec.config.get(_KEY) is not None:
            return spec
        self.penalised.append(spec.path)
        penalty = Spec("regularizers", "L2", {"l2": 0.0}, f"{spec.path}.{_KEY}")
        return replace(spec, config={**spec.config, _KEY: penalty})
