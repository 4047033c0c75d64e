"""The picture of a model of Keras 3, whose layers know which old ones they stand for, and that of the old one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from importer.build.rebuild import Names
from interchange import json_floats
from interchange.bundle import Bundle
from interchange.messages.changes import Change
from interchange.messages.details import Edge, Node, Picture
from translation import pictures
from translation.pictures import Known, Path

_ARCHITECTURE, _WEIGHTS = "architecture.json", "weights.npz"


@dataclass(frozen=True)
class Drawn:
    """A layer or operation at its place in a model: what it gives, and which old layer it stands for or belongs to."""

    path: Path
    operation: Any
    outputs: Sequence[Any]
    inputs: Sequence[Path]
    partner: Path | None = None
    origin: str | None = None


def of_bundle(bundle: Bundle, changes: Sequence[Change] = (), partners: Mapping[str, str] | None = None) -> Any:
    """The picture of the old model in a bundle; None if it has no architecture, or one that is too large to draw."""
    if _ARCHITECTURE not in bundle.manifest.files:
        return None
    rows = bundle.rows(_WEIGHTS) if _WEIGHTS in bundle.manifest.files else ()
    numbers = pictures.numbers_by_layer([(tuple(row.facts["layer"]), math.prod(row.shape)) for row in rows])
    known = Known(numbers=numbers, partners=partners or {})
    return marked(pictures.picture(json_floats.read(bundle.json(_ARCHITECTURE)), known), changes)


def marked(picture: Picture | None, changes: Sequence[Change]) -> Picture | None:
    """A picture with the rules that changed its layers."""
    if picture is None:
        return None
    rules = pictures.rules_by_layer(changes, [node.path for node in picture.nodes])
    return Picture(
        tuple(replace(node, rules=rules.get(node.path, node.rules)) for node in picture.nodes), picture.edges
    )


def of_model(drawn: Sequence[Drawn], old: Picture | None = None) -> Picture | None:
    """The picture of a model of Keras 3, in which what stands for a changed layer of the `old` one is changed."""
    rules = {node.path: node.rules for node in old.nodes} if old else {}
    nodes = [_node(each, rules) for each in drawn]
    edges = {Edge(pictures.shown(path), pictures.shown(each.path)): None for each in drawn for path in each.inputs}
    return pictures.drawn(nodes, edges)


def partners(drawn: Iterable[Drawn]) -> Mapping[str, str]:
    """The new path of each old layer that has one; of several the first."""
    found: dict[str, str] = {}
    for each in drawn:
        if each.partner is not None:
            found.setdefault(pictures.shown(each.partner), pictures.shown(each.path))
    return found


def placed(model: Any, names: Names | None = None) -> list[Drawn]:
    """Every layer and operation of a model in order, a nested model before its own."""
    return list(_below(model, (), (), names or Names())) if _is_graph(model) else []


def _below(model: Any, path: Path, old: Path | None, names: Names, origin: str | None = None) -> Iterator[Drawn]:
    found = list(_called(model))
    made = _old_names([operation for operation, _, _ in found], model, old, names)
    for operation, outputs, before in found:
        place, partner = (*path, operation.name), made.get(id(operation))
        inputs = [(*path, each.name) for each in before]
        source = "/".join(partner) if partner is not None else names.origins.get(id(operation), origin)
        yield Drawn(place, operation, outputs, inputs, partner, source)
        if _is_graph(operation):
            yield from _below(operation, place, partner if id(operation) in names.layers else None, names, source)


def _old_names(operations: Sequence[Any], model: Any, old: Path | None, names: Names) -> Mapping[int, Path]:
    """The path of the old layer that a layer stands for, by its id, in a model that stands for the one at `old`.

    The last operation of those that were an operator in the old model stands for it.
    """
    if old is None:
        return {}
    layers = {id(layer): (*old, name) for name, layer in names.layers.get(id(model), {}).items()}
    above, taken = "".join(f"{name}/" for name in old), {"/".join(path) for path in layers.values()}
    last = {names.origins[id(each)]: id(each) for each in operations if id(each) in names.origins}
    own = {place: origin for origin, place in last.items() if origin not in taken and origin.startswith(above)}
    return {**{place: (*old, origin[len(above) :]) for place, origin in own.items()}, **layers}


def _called(model: Any) -> Iterator[tuple[Any, Sequence[Any], Sequence[Any]]]:
    """Every layer and operation of a model with its outputs at the first call, and those whose outputs it takes."""
    import keras

    if isinstance(model, keras.Sequential):  # its own graph has the masks besides
        before: list[Any] = []
        for layer in model._layers:
            nodes = layer._inbound_nodes
            yield layer, nodes[-1].output_tensors if nodes else (), before
            before = [layer]
        return
    calls: dict[int, list[Any]] = {}
    for _, nodes in sorted(model._nodes_by_depth.items(), reverse=True):
        for node in nodes:
            calls.setdefault(id(node.operation), []).append(node)
    own = {id(operation) for operation in model.operations}
    for operation in model.operations:
        made = calls.get(id(operation), [])
        taken = [tensor._keras_history.operation for node in made for tensor in node.input_tensors]
        outputs = made[0].output_tensors if made else ()
        yield operation, outputs, [each for each in taken if id(each) in own]


def _is_graph(operation: Any) -> bool:
    """Whether a layer is a model whose layers are drawn: one of the user's own class keeps them to itself."""
    import keras

    return isinstance(operation, keras.Sequential) or hasattr(operation, "_nodes_by_depth")


def _node(drawn: Drawn, rules: Mapping[str, tuple[str, ...]]) -> Node:
    partner = pictures.shown(drawn.partner) if drawn.partner is not None else None
    changed = rules.get(pictures.shown((drawn.origin or "",)), ())
    count = getattr(drawn.operation, "count_params", None)
    built = getattr(drawn.operation, "built", True)
    numbers = int(count()) if count is not None and built else 0
    shape = pictures.shape_text([tensor.shape for tensor in drawn.outputs])
    path = pictures.shown(drawn.path)
    return Node(path, type(drawn.operation).__name__, shape, numbers, changed, partner)
